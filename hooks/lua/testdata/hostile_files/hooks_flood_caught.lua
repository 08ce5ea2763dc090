while true do pcall(edged.before, "pull", function() end) pcall(edged.every, "1h", function() end) end
