package lua

import (
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// eventTable makes the table that a hook sees. It is a deep copy, so that a
// script can do with it what it likes.
func eventTable(ev hooks.Event) *glua.LTable {
	t := newTable(20)
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
	t.image("image", ev.Image)
	if ev.Current != nil {
		t.image("current", &ev.Current.Image)
	}
	if ev.Op == string(hooks.OpUpdate) {
		t.text("strategy", ev.Strategy)
		t.set("changes", listTable(ev.Changes))
	}
	if len(ev.Patch) > 0 {
		t.set("patch", plain(ev.Patch))
	}
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
	if r := ev.Result; r != nil {
		t.text("result", r.Outcome)
		t.number("duration_ms", int(r.DurationMS))
		if ev.Op == string(hooks.OpUpdate) {
			t.number("outage_ms", int(r.OutageMS))
		}
	}
}

// notice sets the fields of phase on.
func (t table) notice(ev hooks.Event) {
	switch hooks.Notice(ev.Op) {
	case hooks.NoticeHealth:
		t.text("from", ev.From)
		t.text("to", ev.To)
		t.number("failing_streak", ev.FailingStreak)
	case hooks.NoticeExit, hooks.NoticeOOM:
		t.number("exit_code", ev.ExitCode)
		t.set("oom", glua.LBool(ev.OOM))
	}
}

func containerTable(c *hooks.Container) *glua.LTable {
	t := newTable(12)
	t.text("name", c.Name)
	t.text("id", c.ID)
	t.text("state", c.State)
	t.text("health", c.Health)
	t.text("image", c.Image)
	t.number("restarts", c.Restarts)
	t.number("exit_code", c.ExitCode)
	t.set("oom", glua.LBool(c.OOM))
	t.time("started_at", c.Started)
	labels := newTable(len(c.Labels))
	for k, v := range c.Labels {
		labels.set(k, glua.LString(v))
	}
	t.set("labels", labels.LTable)
	t.text("group", c.Group)
	t.text("service", c.Service)
	return t.LTable
}

func imageTable(i hooks.Image) *glua.LTable {
	t := newTable(5)
	t.text("ref", i.Ref)
	t.text("registry", i.Registry)
	t.text("repository", i.Repository)
	t.text("tag", i.Tag)
	t.text("digest", i.Digest)
	return t.LTable
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
		for k, e := range v {
			t.set(k, plain(e))
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

func (t table) image(key string, i *hooks.Image) {
	if i != nil {
		t.set(key, imageTable(*i))
	}
}

// unixSeconds is how scripts see a time: seconds since 1970, UTC, with
// milliseconds.
func unixSeconds(at time.Time) glua.LNumber {
	return glua.LNumber(float64(at.UnixMilli()) / 1000)
}
