package vm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

func FuzzCompile(f *testing.F) {
	for _, tt := range faults() {
		f.Add(tt.program)
	}
	f.Add(prelude)
	env := NewEnv(nil)
	f.Fuzz(func(t *testing.T, source string) {
		chunk, err := Compile("p", source)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || strings.Contains(e.Message, "can't be compiled") {
				t.Errorf("error %q", err)
			}
			return
		}
		Diagnose("p", source)
		v := New(Limits{Units: 10_000, Time: time.Second}, env)
		defer v.Close()
		if err := v.Run(context.Background(), chunk); err != nil && strings.Contains(err.Error(), "internal error") {
			t.Error(err)
		}
	})
}

// server answers calls of string functions with lua5.1, one a line, all texts in
// hexadecimal.
const server = `
local function text(hex) return (hex:gsub("..", function(b) return string.char(tonumber(b, 16)) end)) end
local function hex(v) return type(v):sub(1, 1) .. (tostring(v):gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
io.stdout:setvbuf("line")
for line in io.lines() do
	local words = {}
	for w in line:gmatch("[^ ]+") do words[#words + 1] = w end
	local name, args = words[1], {}
	for i = 2, #words do
		local kind, rest = words[i]:sub(1, 1), words[i]:sub(2)
		args[i - 1] = kind == "n" and tonumber(text(rest)) or text(rest)
	end
	local out = {}
	local function collect(ok, ...)
		if not ok then out[1] = "error" return end
		for i = 1, select("#", ...) do out[i] = hex((select(i, ...))) end
	end
	collect(pcall(string[name], unpack(args, 1, #words - 1)))
	io.write(table.concat(out, " "), "\n")
end
`

// A peer is a lua5.1 that answers calls. It has only so long for one.
type peer struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func newPeer(f *testing.F) *peer {
	f.Helper()
	needLua(f)
	cmd := exec.Command("lua5.1", "-e", server)
	in, err := cmd.StdinPipe()
	if err != nil {
		f.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			f.Error(err)
		}
	})
	return &peer{in: in, out: bufio.NewReader(out)}
}

// call returns what lua5.1 answers.
func (p *peer) call(t *testing.T, name string, args ...lua.LValue) string {
	t.Helper()
	fmt.Fprintln(p.in, name, encoded(args))
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("lua5.1: %v", err)
	}
	return strings.TrimSuffix(line, "\n")
}

func encoded(values []lua.LValue) string {
	words := make([]string, len(values))
	for i, v := range values {
		text := v.String()
		if n, ok := v.(lua.LNumber); ok {
			text = FormatNumber(float64(n))
		}
		words[i] = v.Type().String()[:1] + hex.EncodeToString([]byte(text))
	}
	return strings.Join(words, " ")
}

// called returns what this package answers, and whether it ran out of work, which
// lua5.1 might do for hours.
func called(t *testing.T, env *Env, name string, args ...lua.LValue) (answer string, enough bool) {
	t.Helper()
	v := New(Limits{Units: 3000, Time: 10 * time.Second}, env)
	defer v.Close()
	str, _ := env.globals.RawGetString("__index").(*lua.LTable).RawGetString("string").(*lua.LTable)
	fields, _ := underlying(str)
	results, err := v.Call(context.Background(), fields.RawGetString(name), args...)
	var used *Exhausted
	switch {
	case errors.As(err, &used):
		return "", true
	case err != nil && strings.Contains(err.Error(), "internal error"):
		t.Fatalf("%s(%q): %v", name, args, err)
	case err != nil:
		return "error", strings.Contains(err.Error(), "longer than") || strings.Contains(err.Error(), "too long")
	}
	return encoded(results), false
}

// FuzzMatch compares the pattern matcher with that of lua5.1.
func FuzzMatch(f *testing.F) {
	f.Add("hello world", "(o).-%1", 1)
	f.Add("f(a(b)c)", "%b()", -3)
	f.Add("THE (quick) fox", "%f[%a]%a+", 0)
	f.Add("a\x00b", "[%z]()", 2)
	f.Add("x^]-", "[]^-]+$", 1)
	env, peer := NewEnv(nil), newPeer(f)
	f.Fuzz(func(t *testing.T, text, pattern string, init int) {
		if strings.Contains(pattern, "\x00") || len(text) > 300 || notASCII(text+pattern) {
			t.Skip() // in Lua 5.1, a pattern ends at a zero byte
		}
		init = max(-1000, min(init, 1000))
		for _, name := range []string{"find", "match", "gsub"} {
			args := []lua.LValue{lua.LString(text), lua.LString(pattern), lua.LNumber(init)}
			if name == "gsub" {
				args = []lua.LValue{args[0], args[1], lua.LString("<%0%1>")}
			}
			got, enough := called(t, env, name, args...)
			if enough {
				return
			}
			if want := peer.call(t, name, args...); got != want {
				t.Errorf("%s(%q, %q, %d): %s, lua5.1 says %s", name, text, pattern, init, got, want)
			}
		}
	})
}

// notASCII is what C's classes leave to the locale.
func notASCII(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r > 126 })
}

// FuzzFormat compares string.format with that of lua5.1.
func FuzzFormat(f *testing.F) {
	f.Add("%5.2f|%-3s|%q", 1.5, "x")
	f.Add("%+d % i %05u %#x", 255.0, "7")
	f.Add("%.3s%%%c", 65.0, "text")
	env, peer := NewEnv(nil), newPeer(f)
	f.Fuzz(func(t *testing.T, format string, n float64, s string) {
		if strings.Contains(format+s, "\x00") || !(n > -1e15 && n < 1e15) || bytes.ContainsAny([]byte(format), "cuxXo") && n < 0 {
			t.Skip() // C ends texts at a zero byte, and leaves negative numbers to the machine
		}
		args := []lua.LValue{lua.LString(format), lua.LNumber(n), lua.LString(s), lua.LNumber(n)}
		args[1] = lua.LNumber(number(FormatNumber(n))) // as it is handed over
		args[3] = args[1]
		got, enough := called(t, env, "format", args...)
		if enough {
			return
		}
		if want := peer.call(t, "format", args...); got != want {
			t.Errorf("format(%q, %v, %q): %s, lua5.1 says %s", format, n, s, got, want)
		}
	})
}

func number(text string) float64 {
	f, _ := ParseNumber(text)
	return f
}
