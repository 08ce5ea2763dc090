local t = {} for i = 1, 60000 do t[i] = i end for i = 60000, 2, -1 do t[i] = nil end while true do local n = #t end
