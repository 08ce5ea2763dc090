local t = {} for i = 1, 3000 do t[i] = i end return #string.format(("%99.99f"):rep(3000), unpack(t))
