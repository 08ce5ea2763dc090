return #{ ("x"):rep(262144):byte(1, -1) }
