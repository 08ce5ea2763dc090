return string.find("x", ("x?"):rep(100000))
