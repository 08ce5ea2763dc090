return string.find(("a"):rep(200000), ".*x")
