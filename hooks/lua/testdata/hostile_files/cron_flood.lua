for i = 0, 1e9 do edged.cron((i % 60) .. " * * * *", function() end) end
