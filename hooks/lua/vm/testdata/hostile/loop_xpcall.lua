while true do xpcall(function() error({}) end, function(e) error(e) end) end
