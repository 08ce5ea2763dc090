while true do pcall(edged.import, "lib/none") end
