local t = {} t[1] = t while true do pcall(edged.needs, t) end
