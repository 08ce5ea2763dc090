while true do edged.before("pull", function() end) end
