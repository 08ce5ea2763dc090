while true do edged.log("error", ("x"):rep(200000)) end
