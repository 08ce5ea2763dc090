-- What policy scripts find: Lua 5.1 without what could harm, and edged.
std = {
  read_globals = {
    "assert", "coroutine", "error", "getmetatable", "ipairs", "math", "next", "pairs", "pcall", "rawequal", "rawget",
    "rawset", "select", "setmetatable", "string", "table", "tonumber", "tostring", "type", "unpack", "xpcall", "edged",
    "_G", "_VERSION",
  },
}
max_line_length = 120
