for i = 1, 1e9 do pcall(edged.metrics.set, ("m"):rep(200000) .. i, i) end
