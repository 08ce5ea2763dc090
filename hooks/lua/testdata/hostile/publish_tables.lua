local t = {} for i = 1, 3000 do t[i] = { i, tostring(i) } end while true do pcall(edged.mqtt.publish, "a/b", t) end
