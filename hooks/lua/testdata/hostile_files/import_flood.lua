for i = 1, 1e9 do pcall(edged.import, "lib/l" .. i) end
