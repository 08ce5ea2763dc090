local t = {} for i = 1, 4000 do t[i] = ("x"):rep(1000) end return #table.concat(t, ("y"):rep(100000))
