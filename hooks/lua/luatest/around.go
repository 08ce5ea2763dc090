package luatest

import (
	"encoding/json"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// The functions here are about what surrounds the scripts.

func device(l *glua.LState) int {
	w := worldOf(l)
	ev, err := With(hooks.Event{Device: &w.device}, map[string]any{"device": object(l, vm.TableArg(l, 1), 0)})
	if err != nil {
		vm.BadArg(l, 1, "%v", err)
	}
	w.device = *ev.Device
	return 0
}

func containers(l *glua.LState) int {
	w := worldOf(l)
	w.containers = nil
	for _, item := range list(l, vm.TableArg(l, 1), 0) {
		ev := hooks.Event{Container: sampleContainer()}
		ev, err := With(ev, map[string]any{"container": item})
		if err != nil {
			vm.BadArg(l, 1, "%v", err)
		}
		w.containers = append(w.containers, *ev.Container)
	}
	return 0
}

func file(l *glua.LState) int {
	w, path := worldOf(l), vm.StringArg(l, 1)
	if vm.Arg(l, 2) == glua.LNil {
		delete(w.files, path)
	} else {
		w.files[path] = vm.StringArg(l, 2)
	}
	return 0
}

// kv reads and sets what a script keeps.
func kv(l *glua.LState) int {
	w, key := worldOf(l), vm.StringArg(l, 1)
	script := vm.OptString(l, 3, "")
	if script == "" {
		script = w.onlyScript(l)
	}
	tx, err := w.kv.Begin(w.ctx, script)
	if err != nil {
		vm.Fail(l, "%v", err)
	}
	defer tx.Close()
	if l.GetTop() > 1 {
		setKV(l, tx, key)
		return 0
	}
	e, ok := tx.Entries()[key]
	var v any
	if !ok || !e.Expires.IsZero() && !e.Expires.After(w.now) || json.Unmarshal([]byte(e.Value), &v) != nil {
		l.Push(glua.LNil)
		return 1
	}
	l.Push(value(v))
	return 1
}

func setKV(l *glua.LState, tx hooks.KVTx, key string) {
	var change *hooks.KVEntry
	if v := vm.Arg(l, 2); v != glua.LNil {
		text, err := json.Marshal(plain(l, v, 0))
		if err != nil {
			vm.BadArg(l, 2, "%v", err)
		}
		change = &hooks.KVEntry{Value: string(text)}
	}
	if err := tx.Commit(map[string]*hooks.KVEntry{key: change}); err != nil {
		vm.Fail(l, "%v", err)
	}
}

// onlyScript is the script under test, where there is one.
func (w *world) onlyScript(l *glua.LState) string {
	set, err := w.scripts()
	if err != nil {
		vm.Fail(l, "%v", err)
	}
	all := set.Scripts()
	if len(all) != 1 {
		vm.Fail(l, "kv: name the script as third argument, there are %d", len(all))
	}
	return all[0].File
}

func published(l *glua.LState) int {
	filter := vm.OptString(l, 1, "#")
	t := newTable()
	for _, m := range worldOf(l).sent {
		if hooks.TopicMatches(filter, m.topic) {
			t.Append(value(map[string]any{"topic": m.topic, "payload": m.payload, "script": m.script}))
		}
	}
	l.Push(t)
	return 1
}

func logged(l *glua.LState) int {
	t := newTable()
	for _, line := range worldOf(l).logged {
		t.Append(glua.LString(line))
	}
	l.Push(t)
	return 1
}

// rearm starts the timers anew when the clock is set.
func (w *world) rearm() {
	if w.set == nil {
		return
	}
	for _, t := range w.timers() {
		w.next[t.ID()] = t.Next(w.now)
	}
}
