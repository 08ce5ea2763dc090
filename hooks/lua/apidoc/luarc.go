package apidoc

// LuaRC returns .luarc.json, with which lua-language-server takes the files of its
// folder for policy scripts.
func LuaRC() string {
	return `{
  "runtime.version": "Lua 5.1",
  "runtime.builtin": {
    "debug": "disable",
    "ffi": "disable",
    "io": "disable",
    "jit": "disable",
    "os": "disable",
    "package": "disable"
  },
  "diagnostics.disable": ["lowercase-global"],
  "workspace.checkThirdParty": false
}
`
}
