while true do pcall(edged.mqtt.publish, "a/b", ("x"):rep(60000)) end
