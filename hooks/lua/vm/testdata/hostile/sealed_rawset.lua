rawset(string, "rep", nil) return ("x"):rep(2)
