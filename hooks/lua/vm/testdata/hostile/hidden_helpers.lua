local n = 0 for k in pairs(_G) do n = n + 1 end _G["(concat)"] = function() while true do end end return "a" .. "b"
