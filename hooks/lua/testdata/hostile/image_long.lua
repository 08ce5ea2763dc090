local s = ("a/"):rep(120000) .. "b" while true do pcall(edged.image.parse, s) pcall(edged.image.same, s, s) pcall(edged.image.is_pinned, s) end
