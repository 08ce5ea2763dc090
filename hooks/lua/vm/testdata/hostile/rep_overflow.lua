return ("xy"):rep(2 ^ 63)
