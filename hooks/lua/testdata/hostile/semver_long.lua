local s = "1.2.3-" .. ("a."):rep(100000) .. "b" while true do pcall(edged.semver.compare, s, s) pcall(edged.semver.satisfies, s, ("^1.2 || "):rep(30000) .. "2") end
