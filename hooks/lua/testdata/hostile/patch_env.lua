local env = {} for i = 1, 50000 do env["K" .. i] = ("v"):rep(100) .. i end local t = {} while true do t[#t + 1] = edged.modify({ env = env }) end
