for i = 1, 1e9 do edged.metrics.count("m" .. i) end
