return string.find(("a"):rep(1000), ("(a*"):rep(30) .. (")"):rep(30) .. "b")
