package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"edged/hooks/lua"
)

// written puts files into a new folder.
func written(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// findings checks one script and returns what was found, a line each, without the
// file.
func findings(t *testing.T, text string) string {
	t.Helper()
	dir := written(t, map[string]string{"10-a.lua": text})
	found, err := Run(Options{Dirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range found {
		lines = append(lines, fmt.Sprintf("%d:%d %s %s: %s", d.Line, d.Column, d.Severity, d.Rule, d.Message))
	}
	return strings.Join(lines, "\n")
}

func TestFindings(t *testing.T) {
	tests := map[string]struct{ source, want string }{
		"nothing": {`edged.api(1)
local function refuse(ev) if not ev.image.digest then return edged.deny("no digest") end end
edged.before("pull", refuse)
edged.on("health", function(ev)
  local c = ev.container
  if ev.to == "unhealthy" and c.labels["x"] ~= "y" then return edged.restart { after = "10s" } end
end)`, ""},
		"syntax":        {"edged.api(1)\nlocal x = = 2", "2:9 error load: syntax error near '='"},
		"op":            {`edged.before("pul", function() end)`, "1:14 error load: unknown op 'pul'; did you mean 'pull'?"},
		"notice":        {"\n  edged.on('helth', function() end)", "2:12 error load: unknown notice 'helth'; did you mean 'health'?"},
		"no call":       {`edged.before("pull", function(ev) edged.mqt.publish("a", "b") end)`, "1:41 error unknown-name: unknown name 'edged.mqt'; did you mean 'mqtt'?"},
		"through local": {"local t = edged.time\nedged.before('pull', function(ev) if t.windw('1:00-2:00') then return end end)", "2:40 error unknown-name: unknown name 'edged.time.windw'; did you mean 'window'?"},
		"library":       {`edged.on("boot", function() local x = string.fromat("%d", 1) edged.log(x) end)`, "1:46 error unknown-name: unknown name 'string.fromat'; did you mean 'format'?"},
		"os":            {`edged.before("pull", function(ev) if os.time() > 1 then return end end)`, "1:38 error unknown-name: policy scripts have no 'os': edged.time has the time"},
		"global":        {`edged.before("pull", function(ev) if trusted then return end end)`, "1:38 error unknown-name: unknown name 'trusted'"},
		"near global":   {`edged.before("pull", function(ev) return egded.deny("x") end)`, "1:42 error unknown-name: unknown name 'egded'; did you mean 'edged'?"},
		"sets global":   {`trusted = { "a" } edged.log(trusted[1])`, "1:1 warning global: 'trusted' is a global; write local"},
		"shadows":       {"function next() end", "1:10 warning global: 'next' takes the place of what every script has under this name; write local"},
		"string answer": {"edged.before('pull', function(ev)\n  return \"deny\"\nend)", "2:3 error no-answer: hook returns a string; did you mean edged.deny(...)?"},
		"true answer":   {`edged.before("pull", function(ev) return true end)`, "1:35 error no-answer: hook returns a boolean; did you mean edged.allow()?"},
		"comparison":    {`edged.before("pull", function(ev) return ev.image.tag == "x" end)`, "1:35 error no-answer: hook returns a boolean; did you mean edged.deny(...)?"},
		"table answer":  {`edged.before("pull", function(ev) return { image = "x" } end)`, "1:35 error no-answer: hook returns a table; did you mean edged.modify(...)?"},
		"not called":    {`edged.before("pull", function(ev) return edged.deny end)`, "1:35 error no-answer: hook returns a function; did you mean edged.deny(...)?"},
		"action before": {`edged.before("pull", function(ev) return edged.restart() end)`, "1:35 error no-answer: a before hook decides and can't act; return edged.restart from edged.after or edged.on"},
		"deny after":    {`edged.after("pull", function(ev) return edged.deny("x") end)`, "1:34 error no-answer: edged.deny answers edged.before; it is too late for it in edged.after"},
		"dropped":       {`edged.before("pull", function(ev) if ev.image.tag == "x" then edged.deny("x") end end)`, "1:69 warning dropped-answer: this answer is not given; write return edged.deny(...)"},
		"inner return":  {`edged.before("pull", function(ev) local f = function() return true end if f() then return edged.deny("x") end end)`, ""},
		"event field":   {`edged.before("pull", function(ev) if ev.imge then return end end)`, "1:41 error unknown-field: unknown field 'imge' of Event; did you mean 'image'?"},
		"deep field":    {`edged.before("pull", function(ev) local i = ev.image if i.registy == "x" then return end end)`, "1:59 error unknown-field: unknown field 'registy' of Image; did you mean 'registry'?"},
		"wrong event":   {`edged.before("pull", function(ev) if ev.zzzzzzzz then return end if ev.ok then return end end)`, "1:41 error unknown-field: unknown field 'zzzzzzzz' of Event"},
		"late field":    {`edged.before("pull", function(ev) if ev.ok then return end end)`, "1:41 error unknown-field: 'ok' is always nil in before pull; it is a field of: after"},
		"shadowed":      {`edged.before("pull", function(ev) local ev = { x = 1 } if ev.x then return end end)`, ""},
		"own field":     {`edged.before("pull", function(ev) ev.mine = 1 end)`, ""},
		"named hook":    {"local function f(ev)\n  return true\nend\nedged.before('pull', f)", "2:3 error no-answer: hook returns a boolean; did you mean edged.allow()?"},
		"no reason":     {`edged.before("pull", function(ev) return edged.deny() end)`, "1:48 error arguments: edged.deny(reason) needs one argument"},
		"too many":      {`edged.before("pull", function(ev) return edged.deny("a", "b") end)`, "1:48 warning arguments: edged.deny takes one argument at most; the others are ignored"},
		"late hook":     {`edged.before("pull", function(ev) edged.on("exit", function() end) end)`, "1:41 error late-hook: edged.on belongs into the body of the file, not into a hook"},
		"never":         {"if false then\n  edged.on('exit', function() end)\nend", "2:9 warning never-called: this is never registered, so the hook is never called"},
		"read-only":     {`edged.before("pull", function(ev) edged.time.now = nil end)`, "1:41 error read-only: edged.time is read-only"},
		"random":        {`edged.before("pull", function(ev) if math.random() < 0.1 then return edged.deny("x") end end)`, "1:43 note deviation: math.random gives the same numbers"},
		"text bound":    {`edged.before("pull", function(ev) for i = "1", 3 do edged.log(i) end end)`, "1:43 error deviation: the bounds of a loop must be numbers here; write 1 without quotes"},
		"unused need": {`edged.needs { "mqtt.publish:alerts/#", "file.read:/run/x", "action:reboot" }
edged.on("boot", function() edged.mqtt.publish("alerts/a", "b") edged.action("reboot") end)`, "1:40 warning unused-need: nothing here needs 'file.read:/run/x'"},
		"used needs": {`edged.needs { "mqtt.publish:alerts/#", "file.read:/run/**" }
edged.on("boot", function(ev) edged.mqtt.publish("alerts/" .. ev.id, "b") return edged.file.exists("/run/x") and edged.prune() or nil end)`, ""},
		"cron":          {`edged.cron("0 0 30 2 *", function() end)`, "1:7 warning never-called: there is no such time within five years"},
		"deny in every": {`edged.every("1h", function() return edged.deny("x") end)`, "1:30 error no-answer: edged.deny answers edged.before; it is too late for it in edged.on"},
		"metafields":    {`local t = setmetatable({}, { __gc = function() end, __mode = "k", __len = function() return 1 end }) edged.log(#t)`, "1:30 note deviation: __gc has no effect here"},
		"minus zero":    {`edged.on("boot", function() edged.log(tostring(-0)) end)`, "1:48 note deviation: -0 can be 0 here"},
		"modulo":        {`edged.on("boot", function(ev) edged.log(1e300 % ev.ts .. ev.ts % math.huge) end)`, "1:47 note deviation: % is exact beyond 2^53 here"},
		"nil items":     {`local t = { 1, nil, 3 } edged.log(#t)`, "1:16 note deviation: a nil among the items"},
		"infinity":      {`edged.on("boot", function() edged.log(tonumber("0x1p4") .. tonumber(" -Inf") .. tonumber("0x10") .. tonumber("z", 36)) end)`, "1:48 note deviation: tonumber reads no '0x1p4' here; in Lua 5.1 it does\n1:69 note deviation: tonumber reads no ' -Inf' here"},
		"of texts":      {`edged.on("boot", function() edged.log(tostring(getmetatable("x"))) end)`, "1:48 note deviation: the metatable of texts is hidden here"},
		"of globals":    {`setmetatable(_G, {})`, "1:1 error deviation: _G can have no metatable of its own here"},
		"far index":     {"edged.on('boot', function() local t = {}\nt[100000] = 1 end)", "2:3 note deviation: an index more than 4096 beyond the end of an array is an error here"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := findings(t, tt.source)
			if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestTestFiles(t *testing.T) {
	dir := written(t, map[string]string{
		"10-a.lua":      `edged.before("pull", function(ev) end)`,
		"10-a_test.lua": "function test_a() emt('before pull') end\nfunction helper() end\nexpect(1)\n old()",
	})
	found, err := Run(Options{Dirs: []string{dir}, Tests: []lua.Entry{{Name: "emit"}, {Name: "old", Deprecated: "emit"}, {Name: "expect", Params: []lua.Param{{Name: "condition"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		dir + "/10-a_test.lua:1:19: error: unknown name 'emt'; did you mean 'emit'?",
		dir + "/10-a_test.lua:2:10: warning: 'helper' is a global; write local",
		dir + "/10-a_test.lua:4:2: warning: old will go; use emit",
	}
	var got []string
	for _, d := range found {
		got = append(got, d.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q", got)
	}
	if Worst(found) != Error || Worst(found[1:]) != Warning || Worst(nil) != "" {
		t.Error("Worst is not the worst")
	}
}

func TestOverlaidAndFiltered(t *testing.T) {
	shipped := written(t, map[string]string{"10-a.lua": `edged.before("pull", function(ev) end)`, "20-b.lua": "x = 1"})
	local := written(t, map[string]string{"10-a.lua": `edged.before("stop", function(ev) end)`})
	found, err := Run(Options{Dirs: []string{shipped, local}})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].Rule != "overlaid" && found[1].Rule != "overlaid" {
		t.Errorf("found %v", found)
	}
	found, err = Run(Options{Dirs: []string{shipped}, Files: []string{shipped + "/10-a.lua"}})
	if err != nil || len(found) != 0 {
		t.Errorf("found %v, %v in a file without mistakes", found, err)
	}
}

// FuzzLook looks at anything at all.
func FuzzLook(f *testing.F) {
	f.Add(`edged.before("pull", function(ev) return ev.image.x end)`)
	f.Add("local a <const> = 1 for i = '1', 2 do t[9e9] = {nil, 1} end function a.b:c(...) return ... end")
	f.Fuzz(func(_ *testing.T, text string) { look("a.lua", text, nil) })
}
