while true do pcall(edged.time.weekday, ("x"):rep(250000)) end
