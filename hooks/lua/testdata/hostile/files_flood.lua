for i = 1, 1e9 do pcall(edged.file.read, "/run/app/f" .. i) edged.file.exists("/run/app/f" .. i) end
