local s = ("\0\1<\255"):rep(50000) while true do pcall(edged.json.encode, s) end
