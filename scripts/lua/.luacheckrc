-- What policy scripts and their tests find, for luacheck. Written by edged; don't edit.
std = {
  read_globals = {
    "_G", "_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal",
    "rawget", "rawset", "select", "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall",
    coroutine = { fields = {
      "create", "resume", "running", "status", "wrap", "yield",
    } },
    math = { fields = {
      "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod",
      "frexp", "huge", "ldexp", "log", "log10", "max", "min", "modf", "pi", "pow", "rad", "random",
      "randomseed", "sin", "sinh", "sqrt", "tan", "tanh",
    } },
    string = { fields = {
      "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub",
      "upper",
    } },
    table = { fields = {
      "concat", "insert", "maxn", "remove", "sort",
    } },
    edged = { fields = {
      "action", "after", "alarm", "allow", "api", "before", "cron", "defer", "deny", "device", "every",
      "import", "log", "modify", "needs", "on", "prune", "restart", "rollback", "rollout", "start", "stop",
      "update",
      containers = { fields = {
        "get", "list",
      } },
      file = { fields = {
        "exists", "glob", "read",
      } },
      image = { fields = {
        "is_pinned", "parse", "same",
      } },
      json = { fields = {
        "array", "decode", "encode", "null",
      } },
      kv = { fields = {
        "delete", "get", "incr", "list", "set",
      } },
      metrics = { fields = {
        "count", "set",
      } },
      mqtt = { fields = {
        "publish",
      } },
      semver = { fields = {
        "compare", "satisfies", "valid",
      } },
      time = { fields = {
        "cron", "format", "now", "parse", "synced", "weekday", "window",
      } },
    } },
  },
}
max_line_length = 120

files["**/*_test.lua"] = {
  allow_defined_top = true,
  globals = {},
  ignore = { "131/test_.*" },
  read_globals = {
    "advance", "clock", "containers", "default", "device", "emit", "expect", "expect_action",
    "expect_allow", "expect_defer", "expect_deny", "expect_equal", "expect_error", "expect_load_error",
    "expect_modify", "expect_none", "file", "grants", "kv", "logged", "published", "scripts",
  },
}
files["**/*.d.lua"] = { ignore = { ".*" } }
