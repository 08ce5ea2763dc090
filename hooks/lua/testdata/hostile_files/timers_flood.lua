for i = 1, 1e9 do edged.every(i .. "s", function() end) end
