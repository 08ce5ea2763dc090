string.rep = function() while true do end end return ("x"):rep(2)
