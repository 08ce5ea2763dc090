local s = ("x"):rep(262144) while true do s:gsub(".*", "%0") end
