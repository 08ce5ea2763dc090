local t = {} for i = 1, 20000 do t = { t } end while true do pcall(edged.json.encode, t) end
