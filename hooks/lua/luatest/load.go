package luatest

import (
	"fmt"
	"log/slog"
	"path"
	"slices"
	"time"

	"edged/hooks"
	"edged/hooks/lua"
)

// load loads the scripts under test into this world.
func (w *world) load() (*lua.Set, error) {
	sources, err := lua.Read(w.dirs)
	if err != nil {
		return nil, err
	}
	if w.only != nil {
		if sources, err = choose(sources, w.only); err != nil {
			return nil, err
		}
	}
	granted := w.grants
	if granted == nil {
		granted = lua.Everything()
	}
	return lua.Load(lua.Options{
		Sources: sources, Grants: granted, Deadline: evalDeadline,
		Clock: func() time.Time { return w.now }, Zone: w.zone, KV: w.kv, Files: memoryFiles(w.files),
		Log: slog.New(logLines{w}),
		Look: hooks.Sources{
			Device:     func() hooks.Device { return w.device },
			Containers: func() []hooks.Container { return w.containers },
		},
		Publish: func(script, topic string, payload []byte) error {
			w.sent = append(w.sent, message{script, topic, string(payload)})
			return nil
		},
		Cover: w.cover.of(),
	})
}

// choose leaves of all files those of the names, and the libraries.
func choose(all []hooks.Source, names []string) ([]hooks.Source, error) {
	var chosen []hooks.Source
	found := map[string]bool{}
	for _, s := range all {
		if path.Dir(s.Name) != "." || slices.Contains(names, s.Name) {
			chosen = append(chosen, s)
			found[s.Name] = true
		}
	}
	for _, n := range names {
		if !found[n] {
			return nil, fmt.Errorf("there is no script %s to test", n)
		}
	}
	return chosen, nil
}

// timers are those of all scripts, in the zone of the device.
func (w *world) timers() []hooks.Timer {
	all := w.set.Timers()
	for i := range all {
		if all[i].Zone == "" {
			all[i].Zone = w.zone.String()
		}
	}
	return all
}
