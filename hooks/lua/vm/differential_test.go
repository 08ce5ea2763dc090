package vm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// prelude is what generated programs have at hand. It is Lua, run by both.
const prelude = `
function three(n) return n, (tonumber(n) or 0) + 1, "3" end
function upto(n, i) i = i or 0 if i < n then return i + 1, i * 10 end end
function mod(x, n) -- beyond 2^53, Lua's own % is not exact
	if x ~= x or math.abs(x) > 1e12 then return 1 end
	return math.floor(x) % n
end
function each(f) local t = {} for a in f do t[#t + 1] = a end return t end
function caught(ok, e, ...)
	if ok or type(e) ~= "string" or e:find("!") then return out(ok, e, ...) end
	return out(ok, "message")
end
keep = {}
local mt = {}
mt.__index = { add = function(self, n) return obj(self.n + n) end }
mt.__lt = function(a, b) return a.n < b.n end
mt.__le = function(a, b) return a.n <= b.n end
mt.__eq = function(a, b) return a.n == b.n end
mt.__add = function(a, b) return obj((type(a) == "table" and a.n or a) + (type(b) == "table" and b.n or b)) end
mt.__unm = function(a) return obj(a.n + 1) end
mt.__call = function(self, ...) return self.n, select("#", ...), ... end
mt.__newindex = function(self, k, v) rawset(self, k, type(v)) end
mt.__tostring = function(self) return "obj " .. self.n end
mt.__concat = function(a, b) return (type(a) == "table" and a.n or a) .. "&" .. (type(b) == "table" and b.n or b) end
function back(t) return setmetatable({}, { __index = function(_, k) return t[k] end, __newindex = t }) end
function fact(n, acc) if n <= 1 then return acc or 1 end return fact(n - 1, (acc or 1) * n) end
function obj(n) return setmetatable({ n = n }, mt) end
`

// epilogue shows what became of captured variables after all.
const epilogue = `
local n = 0
for i = 1, #keep do
	for _ = 1, 2 do
		local ok, v = pcall(keep[i])
		n = n + (ok and v or .5) -- what it needs may not have been reached
	end
end
out(#keep, n)
`

// driver runs programs with lua5.1: their parts are separated by a line of
// its own.
const driver = `
local function show(v)
	if type(v) == "table" or type(v) == "function" or type(v) == "thread" then return type(v) end
	return type(v) .. " " .. tostring(v)
end
function out(...)
	local t = {}
	for i = 1, select("#", ...) do t[i] = show((select(i, ...))) end
	io.write(table.concat(t, "\t"), "\n")
end
local text = io.read("*a")
local parts = {}
for program in text:gmatch("(.-)\n%-%-%-%-\n") do parts[#parts + 1] = program end
local before, after = assert(loadstring(table.remove(parts, 1))), assert(loadstring(table.remove(parts, 1)))
for _, program in ipairs(parts) do
	local env = setmetatable({}, { __index = _G })
	setfenv(before, env)()
	local f = loadstring(program, "=p")
	local ok = f and pcall(setfenv(f, env))
	io.write(f and (ok and "ok\n" or "failed\n") or "syntax\n")
	if ok then setfenv(after, env)() end
	io.write("\1\2\1\n")
end
`

// reference returns what lua5.1 makes of programs.
func reference(t testing.TB, programs []string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "driver.lua")
	if err := os.WriteFile(path, []byte(driver), 0o644); err != nil {
		t.Fatal(err)
	}
	var in strings.Builder
	for _, p := range append([]string{prelude, epilogue}, programs...) {
		in.WriteString(p + "\n----\n")
	}
	cmd := exec.Command("lua5.1", path)
	cmd.Stdin = strings.NewReader(in.String())
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("lua5.1: %v: %s", err, said.String())
	}
	parts := strings.Split(string(out), "\x01\x02\x01\n")
	if len(parts) != len(programs)+1 {
		t.Fatalf("lua5.1: %d answers for %d programs", len(parts)-1, len(programs))
	}
	return parts[:len(programs)]
}

// A runner runs programs as driver does, with this package.
type runner struct {
	env           *Env
	out           *bytes.Buffer
	before, after *Chunk
}

func newRunner(t testing.TB) *runner {
	t.Helper()
	r := &runner{out: &bytes.Buffer{}, before: compiled(t, prelude), after: compiled(t, epilogue)}
	r.env = NewEnv(map[string]lua.LValue{"out": Function(func(l *lua.LState) int {
		show(l, r.out)
		return 0
	})})
	return r
}

// unhurried are the usual limits on a machine of any speed, for what is not about time.
var unhurried = Limits{Time: time.Minute}

func compiled(t testing.TB, source string) *Chunk {
	t.Helper()
	c, err := Compile("p", source)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// exhausted ends what a program shows that was given less than it wants: some of
// the random ones go on for hours.
const exhausted = "exhausted\n"

// run returns what a program shows.
func (r *runner) run(t testing.TB, source string) string {
	t.Helper()
	r.out.Reset()
	v := New(Limits{Units: 100_000_000, Time: time.Minute}, r.env)
	defer v.Close()
	if err := v.Run(context.Background(), r.before); err != nil {
		t.Fatal(err)
	}
	chunk, err := Compile("p", source)
	if err != nil {
		return "syntax\n"
	}
	if err := v.Run(context.Background(), chunk); err != nil {
		if limit := new(Exhausted); errors.As(err, &limit) {
			return r.out.String() + exhausted
		}
		return r.out.String() + "failed\n"
	}
	r.out.WriteString("ok\n")
	if err := v.Run(context.Background(), r.after); err != nil {
		t.Fatal(err)
	}
	return r.out.String()
}

// show writes the arguments of a function as driver does.
func show(l *lua.LState, out *bytes.Buffer) {
	for i := 1; i <= l.GetTop(); i++ {
		if i > 1 {
			out.WriteByte('\t')
		}
		switch v := Arg(l, i).(type) {
		case *lua.LTable, *lua.LFunction, *lua.LState:
			out.WriteString(v.Type().String())
		default:
			out.WriteString(v.Type().String() + " " + ToString(l, v).String())
		}
	}
	out.WriteByte('\n')
}

// same compares but for the sign of zero and of not a number: gopher-lua folds
// the constant -0 into 0.
func same(a, b string) bool { return canonical(a) == canonical(b) }

func canonical(output string) string {
	return strings.NewReplacer("number -0\t", "number 0\t", "number -0\n", "number 0\n", "-nan", "nan", "e-00", "e+00").Replace(output)
}

// TestSameAsLua compares random programs with Debian's lua5.1. LUA_PROGRAMS sets
// how many, LUA_SEED the first.
func TestSameAsLua(t *testing.T) {
	needLua(t)
	const batch = 500
	count, seed := setting("LUA_PROGRAMS", programs), setting("LUA_SEED", 1)
	for first := seed; first < seed+count; first += batch {
		t.Run(strconv.Itoa(first), func(t *testing.T) {
			t.Parallel()
			compareWithLua(t, first, min(first+batch, seed+count))
		})
	}
}

// compareWithLua compares the programs of some seeds.
func compareWithLua(t *testing.T, first, end int) {
	t.Helper()
	var programs []string
	for seed := first; seed < end; seed++ {
		programs = append(programs, generate(uint64(seed)))
	}
	r := newRunner(t)
	ended, cut := 0, 0
	for i, want := range reference(t, programs) {
		if strings.Contains(want, "\nok\n") {
			ended++
		}
		got := r.run(t, programs[i])
		if begun, is := strings.CutSuffix(got, exhausted); is {
			cut++
			got, want = begun, want[:min(len(begun), len(want))]
		}
		if !same(got, want) {
			t.Fatalf("seed %d\n%s\ngot:\n%s\nwant:\n%s", first+i, programs[i], got, want)
		}
	}
	if ended < len(programs)*3/4 || cut > max(1, len(programs)/100) {
		t.Errorf("only %d of %d programs reach their end, %d are cut off: they show too little", ended, len(programs), cut)
	}
}

// needLua skips a test on a machine without lua5.1, but for CI's.
func needLua(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("lua5.1"); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no lua5.1")
	}
	t.Skip("no lua5.1; TestCorpus has answers of its own")
}

const corpusSize = 300

// TestCorpus compares programs with what lua5.1 made of them once, kept in
// testdata/corpus.txt as a sum for each seed, for machines without it.
// LUA_UPDATE=1 asks lua5.1 again, which a change of the generator makes
// necessary.
func TestCorpus(t *testing.T) {
	const file = "testdata/corpus.txt"
	if os.Getenv("LUA_UPDATE") != "" {
		updateCorpus(t, file)
	}
	sums, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := newRunner(t)
	lines := strings.Fields(string(sums))
	if len(lines) != corpusSize {
		t.Fatalf("%d sums, want %d", len(lines), corpusSize)
	}
	for i, want := range lines {
		body := generate(uint64(i))
		if got := sum(r.run(t, body)); got != want {
			t.Fatalf("seed %d: output %s, want %s\n%s", i, got, want, body)
		}
	}
}

func updateCorpus(t *testing.T, file string) {
	t.Helper()
	var bodies []string
	for i := range corpusSize {
		bodies = append(bodies, generate(uint64(i)))
	}
	var out strings.Builder
	for _, shown := range reference(t, bodies) {
		out.WriteString(sum(shown) + "\n")
	}
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sum is short, and the same for what same takes for the same.
func sum(output string) string {
	h := sha256.Sum256([]byte(canonical(output)))
	return hex.EncodeToString(h[:8])
}

func setting(name string, fallback int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return fallback
}
