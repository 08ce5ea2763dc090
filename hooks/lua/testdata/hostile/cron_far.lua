while true do pcall(edged.time.cron, "59 23 29 2 *") pcall(edged.time.cron, "0 0 30 2 *") end
