local function f() pcall(f) error("x") end f()
