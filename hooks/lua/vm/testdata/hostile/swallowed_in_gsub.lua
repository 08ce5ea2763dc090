local s = ("x"):rep(1000) while true do pcall(string.gsub, s, "x", function() while true do end end) end
