local t = {} while true do t[#t + 1] = edged.file.read("/run/app/big") end
