while true do local t = { [200000] = 1 } end
