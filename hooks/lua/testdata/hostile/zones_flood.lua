for i = 1, 1e9 do pcall(edged.time.weekday, "Europe/Rome") pcall(edged.time.window, "22:00-05:00", "Zone/" .. i) end
