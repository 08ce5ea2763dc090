local function f() return pcall(function() return (("x"):gsub("x", function() return coroutine.wrap(f)() end)) end) end return f()
