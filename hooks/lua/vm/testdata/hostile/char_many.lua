return string.char(unpack({}, 1, 1e8))
