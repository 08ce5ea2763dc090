local t = {} for i = 1, 20 do t = { t, t, t, t } end return edged.json.encode(t)
