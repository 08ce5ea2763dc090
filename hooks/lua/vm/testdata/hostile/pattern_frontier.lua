return string.find((" "):rep(200000), "%f[%w].-.-.-x")
