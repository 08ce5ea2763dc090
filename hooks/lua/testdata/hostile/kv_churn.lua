for i = 1, 1e9 do edged.kv.set("k" .. i, 1) edged.kv.delete("k" .. i) end
