local s = ("("):rep(262000) while true do s:find("%b()") end
