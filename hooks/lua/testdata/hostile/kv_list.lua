for i = 1, 250 do edged.kv.set(("k"):rep(100) .. i, 1) end local t = {} while true do t[#t + 1] = edged.kv.list("") end
