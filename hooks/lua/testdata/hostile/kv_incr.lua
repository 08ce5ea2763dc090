while true do edged.kv.incr("n") end
