while true do pcall(edged.action, "run", { a = ("x"):rep(200000) }) end
