local c c = coroutine.wrap(function() return c() end) return c()
