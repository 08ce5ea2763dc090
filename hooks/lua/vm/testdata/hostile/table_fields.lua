local k = {} for i = 1, 1e9 do k[i] = { a = 1, b = 2 } end
