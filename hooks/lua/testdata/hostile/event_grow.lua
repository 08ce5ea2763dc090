while true do ev[#ev + 1] = ev.container or ev end
