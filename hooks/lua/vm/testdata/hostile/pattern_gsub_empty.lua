local s = ("a"):rep(200000) while true do s = s:gsub("", "") end
