return string.format(("%99d"):rep(10000), unpack({}, 1, 4000))
