local k = {} for i = 1, 1e9 do local t = {} t[4000] = 1 k[i] = t end
