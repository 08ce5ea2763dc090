return string.find(("a"):rep(50000), "(.*)%1%1b")
