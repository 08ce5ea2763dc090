local t = {} while true do t[#t + 1] = edged.restart { container = ("c"):rep(100000) .. #t, after = "1h" } end
