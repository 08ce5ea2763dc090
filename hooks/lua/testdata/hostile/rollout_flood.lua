for i = 1, 1e9 do pcall(edged.rollout, 50, ("k"):rep(200000) .. i) end
