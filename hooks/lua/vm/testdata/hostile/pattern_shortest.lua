return string.find(("x"):rep(20000), ".-.-.-.-.-b")
