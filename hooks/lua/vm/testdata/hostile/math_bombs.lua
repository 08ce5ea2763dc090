while true do math.pow(1e308, 1e308) math.fmod(1, 0) math.random(0) end
