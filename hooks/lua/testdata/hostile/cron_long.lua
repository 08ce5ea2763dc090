while true do pcall(edged.time.cron, ("0,"):rep(60000) .. "0 * * * *") end
