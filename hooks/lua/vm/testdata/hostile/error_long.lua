error(("x"):rep(262144))
