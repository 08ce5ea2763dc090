local p = {} for i = 1, 20000 do p[i] = ('"k%d":1'):format(i) end local s = "{" .. table.concat(p, ",") .. "}" while true do edged.json.decode(s) end
