local t = {} t.env = t t.labels = t while true do pcall(edged.modify, t) end
