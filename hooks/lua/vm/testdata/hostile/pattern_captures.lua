return string.find("x", ("()"):rep(500))
