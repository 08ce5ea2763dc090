local t = {} for i = 1, 1e9 do t[i] = edged.deny(("x"):rep(1000) .. i) end
