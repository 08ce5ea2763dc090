local function f(...) local t = { ... } return f(unpack(t), unpack(t)) end return f(1, 2)
