local t = {} t[67108862] = 1
