local s = "[" .. ("{},"):rep(16000) .. "{}]" local t = {} while true do t[#t + 1] = edged.json.decode(s) end
