return (("a*"):rep(8) .. "b"):len() + #(string.find(("a"):rep(5000), ("a*"):rep(8) .. "b") or "")
