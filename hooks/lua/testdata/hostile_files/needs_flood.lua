while true do local t = {} for i = 1, 1000 do t[i] = "mqtt.publish:" .. ("a"):rep(1000) .. i end pcall(edged.needs, t) end
