package lua

import (
	"maps"
	"slices"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// eventTable makes the table that a hook sees. It is a deep copy, so that a
// script can do with it what it likes.
func eventTable(h *host) *glua.LTable {
	ev := h.event
	t := newTable(22)
	t.text("id", ev.ID)
	t.text("phase", string(ev.Phase))
	t.text("op", ev.Op)
	t.time("ts", ev.Time)
	t.number("attempt", ev.Attempt)
	t.set("deferred_for", glua.LNumber(ev.DeferredFor))
	t.text("trigger", ev.Trigger)
	t.text("actor", ev.Actor)
	t.set("dry_run", glua.LBool(ev.DryRun))
	if ev.Container != nil {
		t.set("container", containerTable(ev.Container))
	}
	if ev.Image != nil {
		t.set("image", imageTable(*ev.Image))
	}
	t.revision("current", ev.Current)
	t.revision("desired", ev.Desired)
	t.text("strategy", ev.Strategy)
	if ev.Changes != nil {
		t.set("changes", listTable(ev.Changes))
	}
	if c := ev.Command; c != nil {
		t.set("command", commandTable(*c))
	}
	if len(ev.Patch) > 0 {
		t.set("patch", plain(ev.Patch))
	}
	t.set("device", deviceTable(h.look()))
	switch ev.Phase {
	case hooks.After:
		t.outcome(ev)
	case hooks.On:
		t.notice(ev)
	}
	return t.LTable
}

// outcome sets the fields of phase after.
func (t table) outcome(ev hooks.Event) {
	t.set("ok", glua.LBool(ev.OK))
	t.text("error", ev.Error)
	if ev.Result == nil {
		return
	}
	r := newTable(4)
	r.text("outcome", ev.Result.Outcome)
	r.number("duration_ms", int(ev.Result.DurationMS))
	switch hooks.Op(ev.Op) {
	case hooks.OpUpdate, hooks.OpRollback:
		r.number("outage_ms", int(ev.Result.OutageMS))
	case hooks.OpPrune:
		r.set("freed_bytes", glua.LNumber(ev.Result.FreedBytes))
	case hooks.OpCommand:
		r.number("exit_code", ev.Result.ExitCode)
		r.text("output", ev.Result.Output)
	}
	t.set("result", r.LTable)
}

// notice sets the fields of phase on.
func (t table) notice(ev hooks.Event) {
	t.text("from", ev.From)
	t.text("to", ev.To)
	switch hooks.Notice(ev.Op) {
	case hooks.NoticeHealth:
		t.number("failing_streak", ev.FailingStreak)
	case hooks.NoticeExit, hooks.NoticeOOM, hooks.NoticeCrashLoop:
		t.number("exit_code", ev.ExitCode)
		t.set("oom", glua.LBool(ev.OOM))
	case hooks.NoticeTimer:
		t.text("timer", ev.Timer)
	}
	if ev.Op == string(hooks.NoticeCrashLoop) {
		t.number("exits", ev.Exits)
		t.set("window", glua.LNumber(ev.Window))
	}
	if strings.HasPrefix(ev.Op, hooks.MQTTPrefix) {
		t.set("topic", glua.LString(ev.Topic))
		t.set("payload", glua.LString(ev.Payload))
		t.set("retained", glua.LBool(ev.Retained))
	}
}

func commandTable(c hooks.Command) glua.LValue {
	t := newTable(2)
	t.text("name", c.Name)
	t.texts("args", c.Args)
	return t.LTable
}

func containerTable(c *hooks.Container) *glua.LTable {
	t := newTable(12)
	t.text("name", c.Name)
	t.text("id", c.ID)
	t.text("state", c.State)
	t.text("health", c.Health)
	t.text("image", c.Image)
	if c.Restarts != nil {
		t.number("restarts", *c.Restarts)
	}
	t.number("exit_code", c.ExitCode)
	t.set("oom", glua.LBool(c.OOM))
	t.time("started_at", c.Started)
	t.texts("labels", c.Labels)
	t.text("group", c.Group)
	t.text("service", c.Service)
	return t.LTable
}

func imageTable(i hooks.Image) *glua.LTable {
	t := newTable(8)
	t.image(i)
	return t.LTable
}

// image sets the fields of an image.
func (t table) image(i hooks.Image) {
	t.text("ref", i.Ref)
	t.text("registry", i.Registry)
	t.text("repository", i.Repository)
	t.text("tag", i.Tag)
	t.text("digest", i.Digest)
	if i.Size > 0 {
		t.set("size", glua.LNumber(i.Size))
	}
	t.text("arch", i.Arch)
	t.knownBool("signed", i.Signed)
}

// revision sets a field to what a container is made from, if that is known.
func (t table) revision(key string, r *hooks.Revision) {
	if r == nil {
		return
	}
	sub := newTable(14)
	sub.image(r.Image)
	sub.texts("env", r.Env)
	sub.texts("labels", r.Labels)
	sub.text("restart", r.Restart)
	sub.set("memory", glua.LNumber(r.Memory))
	sub.set("cpus", glua.LNumber(r.CPUs))
	sub.set("stop_timeout", glua.LNumber(r.StopTimeout))
	t.set(key, sub.LTable)
}

// plain makes a Lua value of what a patch can hold.
func plain(v any) glua.LValue {
	switch v := v.(type) {
	case string:
		return glua.LString(v)
	case float64:
		return glua.LNumber(v)
	case map[string]any:
		t := newTable(len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			t.set(k, plain(v[k]))
		}
		return t.LTable
	}
	return glua.LNil
}

func listTable(items []string) *glua.LTable {
	t := vm.NewTable(len(items), 0)
	for i, s := range items {
		t.RawSetInt(i+1, glua.LString(s))
	}
	return t
}

// A table is a Lua table that is being filled with fields.
type table struct{ *glua.LTable }

func newTable(fields int) table { return table{vm.NewTable(0, fields)} }

func (t table) set(key string, v glua.LValue) { t.RawSetString(key, v) }

// text leaves out empty strings, so that a script reads nil where nothing is
// known.
func (t table) text(key, s string) {
	if s != "" {
		t.set(key, glua.LString(s))
	}
}

func (t table) number(key string, n int) { t.set(key, glua.LNumber(n)) }

func (t table) time(key string, at time.Time) {
	if !at.IsZero() {
		t.set(key, unixSeconds(at))
	}
}

// texts sets a field to a table of texts, in the order of their names, which is
// that of pairs.
func (t table) texts(key string, m map[string]string) {
	sub := newTable(len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		sub.set(k, glua.LString(m[k]))
	}
	t.set(key, sub.LTable)
}

// unixSeconds is how scripts see a time: seconds since 1970, UTC, with
// milliseconds.
func unixSeconds(at time.Time) glua.LNumber {
	return glua.LNumber(float64(at.UnixMilli()) / 1000)
}
