while true do pcall(edged.json.decode, ("["):rep(200000)) end
