local function f(...) return select("#", ...) end return f(unpack({}, 1, 4000), unpack({}, 1, 4000))
