local t = {} t.t = t t[1] = t while true do pcall(edged.json.encode, t) end
