package luatest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder puts files into a new folder.
func folder(t *testing.T, files map[string]string) string {
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

// everything is a script that uses most of what there is.
const everything = `edged.needs { "mqtt.publish:alerts/#", "file.read:/run/app/*" }
edged.before("pull", function(ev)
  if ev.image.registry == "docker.io" then return edged.deny("no hub") end
  if ev.image.tag == "slow" then return edged.defer("30m", "later") end
  if ev.image.tag == "old" then return edged.modify({ image = "web:new", attempts = 2 }, "newer") end
  if ev.image.tag == "fine" then return edged.allow("fine") end
  if ev.image.tag == "bad" then error("boom") end
end)
edged.before("update", function(ev)
  if edged.file.exists("/run/app/lock") then return edged.defer("1m", edged.file.read("/run/app/lock")) end
  if edged.device.temp > 80 then return edged.deny("hot") end
  if #edged.containers.list() > 1 then return edged.deny("crowded") end
  if not edged.time.window("22:00-05:00") then return edged.defer("1h") end
end)
edged.on("health", function(ev)
  edged.log("warn", ev.container.name .. " is " .. ev.to)
  edged.mqtt.publish("alerts/" .. ev.container.name, { n = edged.kv.incr("n") })
  return edged.restart { after = "10s", reason = "ill" }, edged.alarm { type = "ill", text = "ill" }
end)
edged.every("10m", function() return edged.prune() end)
edged.cron("0 3 * * *", function() return edged.alarm { type = "night", text = "it is three" } end)
`

// report runs one test file, whose tests are about everything.
func report(t *testing.T, tests string) Report {
	t.Helper()
	r, err := Run(t.Context(), Options{Dirs: []string{folder(t, map[string]string{"a.lua": everything, "test/a_test.lua": tests})}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestExpectationsHold(t *testing.T) {
	r := report(t, `
function test_verdicts()
  expect_deny(emit("before pull", { image = "nginx" }), "no hub")
  expect_defer(emit("before pull", { image = "r.io/a:slow" }), "30m", "later")
  expect_defer(emit("before pull", { image = "r.io/a:slow" }), "later")
  expect_defer(emit("before pull", { image = "r.io/a:slow" }), 1800)
  expect_modify(emit("before pull", { image = "r.io/a:old" }), { image = "web:new" })
  expect_allow(emit("before pull", { image = "r.io/a:fine" }), "fine")
  expect_error(emit("before pull", { image = "r.io/a:bad" }), "boom")
  expect_none(emit("before pull"))
  default("deny")
  expect_deny(emit("before pull"), "policy.default")
end
function test_decision()
  local d = emit("before pull", { image = "r.io/a:slow" })
  expect_equal({ d.verdict, d.reason, d.delay, d.failed, #d.answers }, { "defer", "later", 1800, false, 1 })
end
function test_around()
  expect_defer(emit("before update"), "1h")
  file("/run/app/lock", "busy")
  expect_defer(emit("before update"), "1m", "busy")
  file("/run/app/lock")
  containers { "web", { name = "db", state = "exited" } }
  expect_deny(emit("before update"), "crowded")
  device { temp = 90, power = { source = "battery" } }
  expect_deny(emit("before update"), "hot")
end
function test_clock()
  expect_equal(clock(), 1767787200)
  clock("2026-07-01 23:00", "Europe/Rome")
  expect_none(emit("before update"))
  clock("2026-07-01T12:00:00+02:00")
  expect_defer(emit("before update"))
end
function test_notice()
  local d = emit("on health", { container = "db" })
  expect_action(d, "restart", { after = "10s", reason = "ill" })
  expect_action(d, "alarm", { type = "ill", severity = "major" })
  expect_equal(#d.actions, 2)
  expect_equal(published(), { { topic = "alerts/db", payload = '{"n":1}', script = "a.lua" } })
  expect_equal(#published("alerts/web"), 0)
  expect_equal(logged(), { "warn db is unhealthy" })
  expect_equal(kv("n"), 1)
  kv("n", 41)
  emit("on health")
  expect_equal(published("alerts/web")[1].payload, '{"n":42}')
end
function test_fresh()
  expect_equal(kv("n"), nil)
  expect_equal(#published(), 0)
end
function test_timers()
  expect_equal(#advance("25m"), 2)
  expect_action(advance("10m")[1], "prune")
  local nights = 0
  for _, d in ipairs(advance("24h")) do
    if d.actions[1].op == "alarm" then nights = nights + 1 end
  end
  expect_equal(nights, 1)
end
function test_grants()
  grants { topics = { "other/#" } }
  expect_load_error("mqtt.publish:alerts/#")
end
`)
	for _, test := range r.Tests {
		if test.Failure != nil {
			t.Errorf("%s: line %d: %s", test.Name, test.Failure.Line, test.Failure.Message)
		}
	}
	if len(r.Tests) != 8 || r.Tests[0].Name != "test_verdicts" || r.Tests[0].Line != 2 || r.Tests[0].Units == 0 {
		t.Errorf("%d tests, the first %+v", len(r.Tests), r.Tests[0])
	}
}

// TestExpectationsFail wants each to fail, at its own line, and to say why.
func TestExpectationsFail(t *testing.T) {
	for call, want := range map[string]string{
		`expect_allow(emit("before pull", { image = "nginx" }))`:                        "expected allow, got deny\nbefore pull of nginx: deny (no hub)\n  a.lua:2: deny (no hub)",
		`expect_deny(emit("before pull"))`:                                              "expected deny, got allow\n",
		`expect_deny(emit("before pull", { image = "nginx" }), "other")`:                "expected a reason with \"other\", got \"no hub\"",
		`expect_defer(emit("before pull", { image = "r.io/a:slow" }), "1h")`:            "expected defer 1h0m0s, got defer 30m0s",
		`expect_defer(emit("before pull"), "1h")`:                                       "expected defer, got allow",
		`expect_modify(emit("before pull", { image = "r.io/a:old" }), { image = "x" })`: "expected the change image = x; it is web:new",
		`expect_modify(emit("before pull", { image = "r.io/a:old" }), { env = "x" })`:   "expected the change env = x; there is none",
		`expect_modify(emit("before pull"), { image = "x" })`:                           "expected changes, got none",
		`expect_none(emit("before pull", { image = "r.io/a:fine" }))`:                   "expected no opinion, got allow",
		`expect_error(emit("before pull"))`:                                             "expected that a hook fails",
		`expect_action(emit("on health"), "stop")`:                                      "expected the action stop, got 2 others",
		`expect_action(emit("on health"), "restart", { after = "1m" })`:                 "expected restart with after = 60; it is 10",
		`expect(1 > 2, "the world is round")`:                                           "the world is round",
		`expect(nil)`:                                                                   "expected something else than nil",
		`expect_equal({ 1, { a = 2 } }, { 1, { a = 3 } })`:                              "expected [1 map[a:3]], got [1 map[a:2]]",
		`expect_load_error("x")`:                                                        "expected that the scripts can't be loaded, and they can",
		`scripts("b.lua") emit("before pull")`:                                          "there is no script b.lua to test",
		`emit("before pul")`:                                                            "bad argument #1 (unknown op 'pul'; did you mean 'pull'?)",
		`emit("befor pull")`:                                                            "bad argument #1 ('befor' is no phase; there are: before after on)",
		`emit("before pull", { imge = "x" })`:                                           "bad argument #2 (read event: unknown field \"imge\")",
		`emit("before pull", { image = "A B" })`:                                        "bad argument #2 (image reference",
		`emit("before pull") scripts("a.lua")`:                                          "scripts comes before the first event of a test",
		`device { dsk_free = 1 }`:                                                       "bad argument #1 (read event: unknown field \"dsk_free\")",
		`clock("tomorrow")`:                                                             "bad argument #1 (write a time like \"2026-03-29 01:30\")",
		`clock("2026-01-01", "Mars/Base")`:                                              "bad argument #2 (unknown time zone 'Mars/Base')",
		`grants { topic = { "a" } }`:                                                    "bad argument #1 (unknown grant 'topic'; there are: topics paths actions)",
		`default("maybe")`:                                                              "bad argument #1 (allow or deny expected)",
		`expect_deny("deny")`:                                                           "bad argument #1 (table expected, got string)",
		`expect_deny({})`:                                                               "bad argument #1 (a decision expected, as emit gives it)",
		`error("my own")`:                                                               "my own",
		`local a = {} a[1] = a expect_equal(a, 1)`:                                      "more than 32 tables within tables, or one within itself",
	} {
		r := report(t, "function test_it()\n\n  "+call+"\nend")
		if len(r.Tests) != 1 || r.Tests[0].Failure == nil {
			t.Errorf("%s passed", call)
			continue
		}
		f := r.Tests[0].Failure
		if f.Line != 3 || !strings.HasPrefix(f.Message, want) || filepath.Base(f.File) != "a_test.lua" {
			t.Errorf("%s: %s:%d: %s\nwant %s", call, f.File, f.Line, f.Message, want)
		}
	}
}

func TestWhatIsTested(t *testing.T) {
	refuse := `edged.before("pull", function(ev) return edged.deny("a") end)`
	dir := folder(t, map[string]string{
		"a.lua": refuse, "b.lua": strings.ReplaceAll(refuse, `"a"`, `"b"`),
		"a_test.lua":     `function test_a() expect_equal(#emit("before pull").answers, 1) end`,
		"all_test.lua":   `function test_all() expect_equal(#emit("before pull").answers, 2) end`,
		"both_test.lua":  `function test_both() scripts("b.lua") expect_deny(emit("before pull"), "b") end`,
		"wrong_test.lua": "function test_x()\n  = 1\nend",
		"edged.d.lua":    "this is for editors",
	})
	r, err := Run(t.Context(), Options{Dirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, test := range r.Tests {
		if test.Failure != nil {
			failed = append(failed, test.Name+": "+test.Failure.Message)
		}
	}
	if len(r.Tests) != 4 || len(failed) != 1 || failed[0] != "(file): syntax error near '='" || r.Tests[3].Failure.Line != 2 {
		t.Errorf("%d tests, failed %v", len(r.Tests), failed)
	}
	for _, opts := range []Options{{Dirs: []string{dir}, Run: "nothing_like_it"}, {Dirs: []string{t.TempDir()}}, {}} {
		if opts.Run != "" {
			if err := os.Remove(filepath.Join(dir, "wrong_test.lua")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Run(t.Context(), opts); !errors.Is(err, ErrNoTests) {
			t.Errorf("%+v: %v, want ErrNoTests", opts, err)
		}
	}
}

func TestCoverage(t *testing.T) {
	dir := folder(t, map[string]string{
		"lib/units.lua": "local u = {}\nfunction u.kilo(n)\n  return n * 1000\nend\nfunction u.mega(n)\n  return n * 1e6\nend\nreturn u",
		"a.lua": `local units = edged.import("lib/units")
edged.before("pull", function(ev)
  if ev.image.size == units.kilo(1) then return edged.deny("small") end
  if ev.image.tag == "x" then
    return edged.defer("1h")
  end
end)`,
		"a_test.lua": `function test_small() expect_deny(emit("before pull", { image = { size = 1000 } })) end`,
	})
	r, err := Run(t.Context(), Options{Dirs: []string{dir}, Cover: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Coverage) != 2 {
		t.Fatalf("coverage of %d files", len(r.Coverage))
	}
	a, lib := r.Coverage[0], r.Coverage[1]
	if a.File != "a.lua" || a.Lines != 5 || a.Ran != 3 || a.Given() != 1 || len(a.Answers) != 2 || a.Answers[1] != (Site{5, "edged.defer", false}) {
		t.Errorf("a.lua: %+v", a)
	}
	if lib.File != "lib/units.lua" || len(lib.Missed) != 1 || lib.Missed[0] != 6 {
		t.Errorf("the library: %+v", lib)
	}
}

func TestJUnit(t *testing.T) {
	r := Report{Tests: []Result{
		{File: "a_test.lua", Name: "test_a", Line: 3, Took: 1500000},
		{File: "a_test.lua", Name: "test_b", Line: 9, Failure: &Failure{"a_test.lua", 10, "expected <deny> & got\n\x01\"allow\""}},
		{File: "b_test.lua", Name: "test_c", Line: 1},
	}}
	var b strings.Builder
	if err := WriteJUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1">
  <testsuite name="a_test.lua" tests="2" failures="1" time="0.002">
    <testcase classname="a_test.lua" name="test_a" file="a_test.lua" line="3" time="0.002"/>
    <testcase classname="a_test.lua" name="test_b" file="a_test.lua" line="9" time="0.000">
      <failure message="expected &lt;deny&gt; &amp; got">a_test.lua:10: expected &lt;deny&gt; &amp; got
?&quot;allow&quot;</failure>
    </testcase>
  </testsuite>
  <testsuite name="b_test.lua" tests="1" failures="0" time="0.000">
    <testcase classname="b_test.lua" name="test_c" file="b_test.lua" line="1" time="0.000"/>
  </testsuite>
</testsuites>
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
