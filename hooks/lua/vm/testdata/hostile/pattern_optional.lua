return string.find(("a"):rep(30), ("a?"):rep(30) .. ("a"):rep(30) .. "b")
