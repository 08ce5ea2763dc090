local s = ("x"):rep(262144) while true do s = s:upper():lower():reverse() end
