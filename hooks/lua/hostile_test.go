package lua

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"
	"time"

	"edged/hooks"
	"edged/hooks/lua/vm/hostile"
)

// TestHostile runs every script of testdata/hostile, and one for each name of the
// API that hands it all kinds of values that mean harm.
func TestHostile(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes time and memory of its own; make test-lua goes without")
	}
	scripts := hostile.Files(t, "testdata/hostile")
	for _, e := range API() {
		if e.IsFunction() {
			scripts["api_"+e.Name] = "local f = " + e.Name + "\n" + badValues
		}
	}
	const needs = `edged.needs { "mqtt.publish:#", "file.read:/run/app/**", "action:run" }` + "\n"
	ask := func(body string) error { return askHostile(needs + pull(body)) }
	if err := ask(`return edged.deny("warm")`); err != nil { // what is made once is no cost of theirs
		t.Fatal(err)
	}
	hostile.Run(t, hostile.Deadline, scripts, ask)
}

// TestHostileFiles runs files that do harm when they are loaded, for which they
// have more time than for an event.
func TestHostileFiles(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes time and memory of its own; make test-lua goes without")
	}
	if err := askHostile(pull("")); err != nil {
		t.Fatal(err)
	}
	hostile.Run(t, bodyTime, hostile.Files(t, "testdata/hostile_files"), askHostile)
}

// badValues calls f with everything that a host may not expect, as long as it
// can.
const badValues = `
local cyclic = {} cyclic.self = cyclic cyclic[1] = cyclic
local deep = {} for i = 1, 5000 do deep = { deep, x = deep } end
local wide = {} for i = 1, 3000 do wide[i] = i wide["k" .. i] = i end
local trap = function() while true do end end
local meta = setmetatable({}, { __index = trap, __newindex = trap, __tostring = trap, __len = trap, __call = trap, __concat = trap, __eq = trap, __lt = trap })
local numbers = {} for _, k in ipairs { "container", "after", "reason", "image", "type", "text", "env", "labels", "attempts" } do numbers[k] = 0 / 0 end
local nested = {} for k in pairs(numbers) do nested[k] = cyclic end
local texts = {} for k in pairs(numbers) do texts[k] = ("x"):rep(100000) end
local co = coroutine.create(function() end)
local values = { cyclic, deep, wide, meta, numbers, nested, texts, trap, co, ev, edged, edged.json.null, "", "\0", ("x"):rep(262144),
	("["):rep(100000), 0, -1, 0 / 0, 1 / 0, 2 ^ 53, -2 ^ 63, true, false, "a/b", "1h", "lib/x", "/etc/passwd", "/../*", "* * * * *" }
pcall(f) pcall(f, nil, nil, nil)
for _, a in ipairs(values) do
	pcall(f, a)
	for _, b in ipairs(values) do pcall(f, a, b) end
end
for _, b in ipairs(values) do pcall(f, "a", b, b) pcall(f, { b }, { b }) pcall(f, unpack(values)) end
while true do for _, a in ipairs(values) do pcall(f, a, a, a) end end
`

// askHostile loads a script and asks its hook.
func askHostile(source string) error {
	s, err := Load(hostileOptions(source))
	if err != nil {
		return err
	}
	ev := pullEvent("nginx")
	ev.Container = healthEvent("healthy", 0).Container
	answers, _ := s.Ask(context.Background(), ev)
	for _, a := range answers {
		if a.Verdict == hooks.VerdictError {
			return errors.New(a.Reason)
		}
	}
	return nil
}

// hostileOptions are those of a daemon that lets scripts do everything.
func hostileOptions(source string) Options {
	containers := make([]hooks.Container, 50)
	for i := range containers {
		containers[i] = *healthEvent("healthy", 0).Container
	}
	return Options{
		Sources:  []hooks.Source{{Name: "10-test.lua", Text: source}},
		Deadline: hostile.Deadline,
		KV:       hooks.NewMemoryKV(),
		Grants: map[string]hooks.Grants{hooks.EveryScript: {
			Topics: []string{"#"}, Paths: []string{"/run/app/**"}, Actions: []string{"run"},
		}},
		Look:    hooks.Sources{Containers: func() []hooks.Container { return containers }},
		Files:   fstest.MapFS{"run/app/big": {Data: make([]byte, 4<<20)}, "run/app/f1": {Data: []byte("x")}},
		Publish: func(string, string, []byte) error { return nil },
		Clock:   time.Now,
	}
}
