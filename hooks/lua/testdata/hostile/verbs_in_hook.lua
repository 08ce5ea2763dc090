while true do pcall(edged.before, "pull", print) pcall(edged.every, "1s", function() end) pcall(edged.needs, { "x" }) end
