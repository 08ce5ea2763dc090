package vm

import (
	"context"
	"testing"
)

// TestDeviations has what docs/lua.md says of the differences from Lua 5.1: each program holds here, and not there.
func TestDeviations(t *testing.T) {
	for name, source := range map[string]string{
		"minus zero":        `local t = { -0, 0 } assert(tostring(t[1]) == "-0")`,
		"modulo":            `assert(5 % (1 / 0) == 5 and 2 ^ 53 % 3 == 2)`,
		"holes":             `local t = { 1, 2, 3 } table.insert(t, 10, "x") assert(#t == 10)`,
		"__len":             `assert(#setmetatable({}, { __len = function() return 5 end }) == 5)`,
		"loop over texts":   `assert(not pcall(function() for _ = "1", 2 do end end))`,
		"far index":         `assert(not pcall(function() local t = {} t[100000] = 1 end))`,
		"order of pairs":    `local s = "" for k in pairs({ z = 1, y = 1, x = 1, w = 1 }) do s = s .. k end assert(s == "zyxw")`,
		"yield in pcall":    `assert(coroutine.wrap(function() return pcall(coroutine.yield, 7) end)() == 7)`,
		"lone semicolon":    `;; assert("\300" == ",")`,
		"zero byte":         `assert(#("%s"):format("a\0b") == 3)`,
		"numbers in texts":  `assert(not (tonumber("inf") or tonumber("nan") or tonumber("0x1p4") or tonumber("0x.8")) and tonumber("-ff", 16) == -255)`,
		"not a number":      `assert(tostring(5 % 0) == "nan")`,
		"order of sort":     `table.sort({ 1, 2, 3, 4, 5 }, function() return true end) assert(next({}, "x") == nil)`,
		"metatable of text": `assert(getmetatable("") == false and not pcall(setmetatable, _G, {}))`,
		"old names":         `assert(not (table.getn or table.setn or table.foreach or table.foreachi or string.gfind or math.mod))`,
	} {
		v := New(unhurried, NewEnv(nil))
		c, err := Compile("p", source)
		if err == nil {
			err = v.Run(context.Background(), c)
		}
		v.Close()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
