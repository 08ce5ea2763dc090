package vm

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// faults are programs that gopher-lua 1.1.2 by itself gets wrong, and what they
// show in Lua. W1 to W14 are the kinds of wrong answers; W7 and W8 are errors
// when they are compiled, see TestCompileErrors.
func faults() map[string]struct{ program, want string } {
	items := strings.Repeat("7, ", 50)
	return map[string]struct{ program, want string }{
		"W1 and or to a variable":         {`local function f(a, b, c) local ok = true ok = not (a or b) and c return ok end out(f(nil, nil, 5), f(1, nil, 5), f(nil, 1, 5))`, "number 5\tboolean false\tboolean false"},
		"W2 call in brackets":             {`local function g(x) return x end local function f(v) v = (g("x")) return v end out(f(1))`, "string x"},
		"W3 swap":                         {`local a, b = 1, 2 a, b = b, a out(a, b)`, "number 2\tnumber 1"},
		"swap of fields":                  {`local t, i = {}, 1 i, t[i] = i + 1, 20 out(i, t[1], t[2])`, "number 2\tnumber 20\tnil nil"},
		"constant before and":             {`for k in pairs({ 1 }) do local a, b = 1, 2 a = nil and k b = 7 and (false or k) if (nil and k) or (1 and not k) then out(9) end out(a, b, 1 and nil or k) end`, "nil nil\tnumber 1\tnumber 1"},
		"W4 dead branch in a loop":        {`for k in pairs({ 1, 2 }) do if false then local x end out(k) end`, "number 1\nnumber 2"},
		"W4 break first in a loop":        {`if out == nil then end for k in pairs({ 1, 2 }) do break end out(1)`, "number 1"},
		"W5 upvalue after pcall":          {`local n = 0 local function inc() n = n + 1 end inc() pcall(error) inc() out(n)`, "number 2"},
		"W6 upvalue after xpcall":         {`local f xpcall(function() local v = 5 f = function() return v end error() end, function() end) out(f())`, "number 5"},
		"W14 upvalue of a block at break": {`local f while true do do local x = 1 f = function() return x end break end end local y, z = 8, 9 out(f())`, "number 1"},
		"W9 match of nothing":             {`out(tostring(("x"):match("y")))`, "string nil"},
		"W10 format is that of C":         {`out(("%5.1f|%-5d|%s"):format(2.25, 3, true and "x"), pcall(string.format, "%T", 1))`, "string   2.2|3    |x\tboolean false\tstring invalid option '%T' to 'format'"},
		"W11 frontier":                    {`out((("THE (quick) fox"):find("%f[%a]%a+%f[%A]")))`, "number 1"},
		"W11 gmatch does not anchor":      {`out(("^a^a"):gmatch("^a")())`, "string ^a"},
		"W11 quoting":                     {`out(("%q"):format("a\n\"b\\"))`, "string \"a\\\n\\\"b\\\\\""},
		"W11 huge":                        {`out(math.huge, -math.huge)`, "number inf\tnumber -inf"},
		"W12 tonumber":                    {`out(tonumber("1e3"), tonumber(" 0x1F "), tonumber("1_0"), tonumber("010"), tonumber("zz", 36))`, "number 1000\tnumber 31\tnil nil\tnumber 10\tnumber 1295"},
		"W12 text in arithmetic":          {`out("010" + 0, "1e1" * 2, -"3", 10 .. 20)`, "number 10\tnumber 20\tnumber -3\tstring 1020"},
		"text with a zero byte":           {`out("1\n\0z" + 1, tonumber("2\0"), tonumber("\0002"))`, "number 2\tnumber 2\tnil nil"},
		"leading zeros":                   {`out(0010, 08)`, "number 10\tnumber 8"},
		"numbers as text":                 {`out(0.1 + 0.2 .. "", 1e15 .. "", 2 ^ 53 .. "", 1e100)`, "string 0.3\tstring 1e+15\tstring 9.007199254741e+15\tnumber 1e+100"},
		"local of a function":             {`local f = function() return "outer" end local f = function() return f() end out(f())`, "string outer"},
		"list of a generic for":           {`local x = 9 for k, v in next, { "a" } do out(k, v) end for k in (function(s, c) if not c then return 1 end end) do out(k) end`, "number 1\tstring a\nnumber 1"},
		"call as state of a for":          {`local function s() return 3 end for i in function(n, c) if (c or 0) < n then return (c or 0) + 1 end end, s() do out(i) end`, "number 1\nnumber 2\nnumber 3"},
		"W13 named field after 50 items":  {`local function k() return "k" end local t = { ` + items + `[k()] = k() } out(#t, t[1], t.k)`, "number 50\tnumber 7\tstring k"},
		"W13 list after 50 items":         {`local function f() return 1, 2 end local t = { ` + items + `f() } out(#t, t[1], t[51], t[52])`, "number 52\tnumber 7\tnumber 1\tnumber 2"},
		"not a number is not itself":      {`local n = 0 / 0 out(n ~= n, n == n)`, "boolean true\tboolean false"},
		"results of pcall":                {`out(select("#", pcall(function() end)))`, "number 1"},
		"error values":                    {`out(pcall(error)) out(pcall(error, nil)) out(pcall(error, 7, 0))`, "boolean false\tnil nil\nboolean false\tnil nil\nboolean false\tnumber 7"},
		"error with a place":              {`out(pcall(function() error("x") end)) out(pcall(error, "x")) out(pcall(function() error("x", 2) end))`, "boolean false\tstring p:1: x\nboolean false\tstring x\nboolean false\tstring x"},
		"yield in a metamethod":           {`local c = coroutine.wrap(function() local t = {} for i = 1, 2 do t[i] = coroutine.yield(i) end return t[1] + t[2] end) c() c(3) out(c(4))`, "number 7"},
	}
}

// TestFaultsAreNamed sees to it that no kind of fault is without a program.
func TestFaultsAreNamed(t *testing.T) {
	for n := 1; n <= 14; n++ {
		prefix, found := fmt.Sprintf("W%d ", n), n == 7 || n == 8
		for name := range faults() {
			found = found || strings.HasPrefix(name, prefix)
		}
		if !found {
			t.Errorf("no program for %s", prefix)
		}
	}
}

// TestFaultsAreGopherLuas runs the programs on gopher-lua alone: what it gets
// right by now needs no cure.
func TestFaultsAreGopherLuas(t *testing.T) {
	wrong := 0
	for name, tt := range faults() {
		if got := raw(tt.program); got != tt.want {
			wrong++
		} else if name[0] == 'W' {
			t.Errorf("%s: gopher-lua computes it rightly", name)
		}
	}
	if wrong < 14 {
		t.Errorf("gopher-lua gets %d programs wrong", wrong)
	}
}

// raw returns what a program shows on gopher-lua alone.
func raw(program string) (shown string) {
	l := lua.NewState()
	defer l.Close()
	var out bytes.Buffer
	l.SetGlobal("out", l.NewFunction(func(l *lua.LState) (n int) {
		defer func() {
			if recover() != nil { // a Go nil among the arguments
				out.WriteString("nothing\n")
			}
		}()
		show(l, &out)
		return 0
	}))
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	l.SetContext(ctx)
	defer func() {
		if r := recover(); r != nil { // its own PCall can't handle it
			shown = fmt.Sprint("panic: ", r)
		}
	}()
	if err := l.DoString(program); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func TestFaults(t *testing.T) {
	r := newRunner(t)
	for name, tt := range faults() {
		if got, want := r.run(t, tt.program), tt.want+"\nok\nnumber 0\tnumber 0\n"; got != want {
			t.Errorf("%s: %s\ngot:\n%swant:\n%s", name, tt.program, got, want)
		}
	}
}

// TestFaultsAreFaults checks what is expected above against Lua itself.
func TestFaultsAreFaults(t *testing.T) {
	needLua(t)
	for name, tt := range faults() {
		want := tt.want + "\nok\nnumber 0\tnumber 0\n"
		if got := reference(t, []string{tt.program})[0]; !same(got, want) && name != "W10 format is that of C" {
			t.Errorf("%s: lua5.1 shows\n%sexpected\n%s", name, got, want)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	tests := map[string]struct{ source, want string }{
		"syntax":            {"local x =\n= 1", "p:2: syntax error near '='"},
		"unfinished":        {"if a then", "p:1: syntax error at the end of the file"},
		"string":            {"\nx = 'abc", "p:2: unterminated string"},
		"break":             {"break", "p:1: no loop to break"},
		"break in func":     {"while true do local f = function() break end end", "p:1: no loop to break"},
		"vararg":            {"local function f() return ... end", "p:1: cannot use '...' outside a vararg function"},
		"main vararg":       {"return ...", "p:1: cannot use '...' outside a vararg function"},
		"goto":              {"\n\ngoto x", "p:3: goto is not Lua 5.1"},
		"label":             {"::x::", "p:1: '::' is not Lua 5.1"},
		"W7 constant index": {"(5).x = 1", "p:1: attempt to index a constant"},
		"number":            {"x = 3e", "p:1: malformed number near '3e'"},
		"W8 items":          {"x = {" + strings.Repeat("1,", 20_001) + "}", "p:1: more than 20000 items in one table"},
		"nesting":           {"x = " + strings.Repeat("(", 101) + "1" + strings.Repeat(")", 101), "p:1: more than 100 brackets and blocks within each other"},
		"functions":         {strings.Repeat("f(function() end)\n", 401), "p:401: more than 400 functions"},
		"length":            {strings.Repeat(" ", 64<<10) + "x", "p:1: longer than 64 KiB"},
		"locals":            {strings.Repeat("local x\n", 300), "p:"},
		"chain":             {"x = " + strings.Repeat("not ", 300) + "1", "p:1: more than 200 operators in one expression"},
		"depth":             {"x = " + strings.Repeat("a+", 300) + "a", "p:1: an expression or statement is nested more than 200 deep"},
		"assign to a call":  {"f() = 1", "p:1: "},
	}
	for name, tt := range tests {
		_, err := Compile("p", tt.source)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", name, err, tt.want)
		}
	}
}

// TestPatternsAreThoseOfLua compares find with random patterns on random texts.
func TestPatternsAreThoseOfLua(t *testing.T) {
	needLua(t)
	g := &generator{Rand: newRand(7)}
	pieces := []string{"a", "b", "%a", "%d", "%s", "%W", ".", "[ab]", "[^a]", "[%d-]", "[a-c]", "[]]", "*", "+", "-", "?", "(", ")", "()", "%1", "^", "$", "%b()", "%f[%w]", "%", "[", "]", "%z", "x"}
	var programs []string
	for range 200 {
		var p strings.Builder
		for range 15 {
			var pat, text strings.Builder
			for range 1 + g.IntN(6) {
				pat.WriteString(pieces[g.IntN(len(pieces))])
			}
			for range g.IntN(8) {
				text.WriteByte("ab1 ()x]"[g.IntN(8)])
			}
			init := g.IntN(5) - 2
			fmt.Fprintf(&p, "out(pcall(string.find, %q, %q, %d))\n", text.String(), pat.String(), init)
			fmt.Fprintf(&p, "out(pcall(string.gsub, %q, %q, %q))\n", text.String(), pat.String(), []string{"<%0>", "%1", "%%", "-"}[g.IntN(4)])
		}
		programs = append(programs, p.String())
	}
	r := newRunner(t)
	for i, want := range reference(t, programs) {
		if got := r.run(t, programs[i]); plainErrors(got) != plainErrors(want) {
			t.Fatal(firstDifference(programs[i], got, want))
		}
	}
}

// firstDifference shows the line of a program whose output differs.
func firstDifference(program, got, want string) string {
	lines, a, b := strings.Split(program, "\n"), strings.Split(plainErrors(got), "\n"), strings.Split(plainErrors(want), "\n")
	for i := range min(len(lines), len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%s\ngot:  %s\nwant: %s", lines[i], a[i], b[i])
		}
	}
	return program
}

// plainErrors takes the texts of errors away.
func plainErrors(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "boolean false\t") {
			lines[i] = "error"
		}
	}
	return strings.Join(lines, "\n")
}

// TestFormatsAreThoseOfLua compares string.format with random directives.
func TestFormatsAreThoseOfLua(t *testing.T) {
	needLua(t)
	g := &generator{Rand: newRand(8)}
	values := []string{"0", "1", "-1", "255", "3.14159", "-2.5", "1e10", "123456.789", "0.0001", "1e-10", "1e300", "99999.5", `"text"`, `"-5"`}
	var programs []string
	for range 200 {
		var p strings.Builder
		for range 20 {
			flags := ""
			for _, f := range []string{"-", "+", " ", "#", "0"} {
				if g.IntN(5) == 0 {
					flags += f
				}
			}
			width, precision := []string{"", "5", "12", "0"}[g.IntN(4)], []string{"", ".0", ".3", ".", ".10"}[g.IntN(5)]
			verb := "dioxXeEfgGsqcu"[g.IntN(14)]
			value := values[g.IntN(len(values))]
			if strings.IndexByte("oxXuc", verb) >= 0 {
				value = []string{"1", "2", "65", "255", "77"}[g.IntN(5)]
			}
			fmt.Fprintf(&p, "out(pcall(string.format, \"%%%s%s%s%c|\", %s))\n", flags, width, precision, verb, value)
		}
		programs = append(programs, p.String())
	}
	r := newRunner(t)
	for i, want := range reference(t, programs) {
		if got := r.run(t, programs[i]); plainErrors(got) != plainErrors(want) {
			t.Fatal(firstDifference(programs[i], got, want))
		}
	}
}
