error("x", 1e9)
