return string.find(("b"):rep(260000), "[" .. ("a"):rep(900) .. "]*c")
