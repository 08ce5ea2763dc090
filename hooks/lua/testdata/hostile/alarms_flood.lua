while true do edged.alarm { type = ("t"):rep(100000), text = ("x"):rep(200000) } end
