local t = setmetatable({}, {}) getmetatable(t).__call = function(self) return self() + 1 end return t()
