return edged.deny(("x"):rep(262144))
