local t = {} for i = 1, 1e9, 4000 do t[i] = 1 end
