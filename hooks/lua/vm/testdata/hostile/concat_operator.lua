local s = ("x"):rep(200000) return s .. s .. s .. s .. s .. s .. s .. s
