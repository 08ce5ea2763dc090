local n = 260000 local k = {} for i = 1, 1e9 do k[i] = { [n] = 1 } end
