local t = {} for i = 1, 1e9 do local c = coroutine.wrap(function() coroutine.yield() end) c() t[i] = c end
