for i = 1, 1e9 do pcall(edged.kv.set, "k" .. i, ("v"):rep(4000)) end
