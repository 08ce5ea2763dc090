local t, s = {}, ("x"):rep(1000) for i = 1, 1e9 do t[#t + 1] = s .. i end
