while true do pcall(function() for i = 1, 1e9 do end end) end
