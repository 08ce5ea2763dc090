for i = 1, 1e9 do pcall(edged.file.glob, "/run/app/*" .. ("*a"):rep(100) .. i) end
