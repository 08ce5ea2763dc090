local t = {} for i = 1, 20000 do t[i + 0.5] = 1 end while true do table.maxn(t) end
