while true do local t = {} t[4000] = 1 end
