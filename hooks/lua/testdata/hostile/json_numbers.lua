local s = "[" .. ("1e308,"):rep(40000) .. "9]" while true do edged.json.decode(s) end
