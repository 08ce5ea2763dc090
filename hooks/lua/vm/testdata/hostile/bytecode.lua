local f = loadstring or load return f("\27Lua")
