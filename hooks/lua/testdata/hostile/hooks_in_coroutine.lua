while true do coroutine.wrap(function() edged.log(edged.json.encode(ev)) end)() end
