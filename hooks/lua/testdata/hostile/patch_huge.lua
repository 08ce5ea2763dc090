local t = {} while true do t[#t + 1] = edged.modify({ labels = { a = ("x"):rep(250000) } }) end
