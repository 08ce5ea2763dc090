package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"edged/hooks"
	"edged/hooks/lua"
)

// hooks measures one event through one hook that does nothing, in a fresh state.
func (b *bench) hooks(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "edged-hooks-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	const script = `edged.before("update", function(ev) end)`
	if err := os.WriteFile(filepath.Join(dir, "10-noop.lua"), []byte(script), 0o644); err != nil {
		return err
	}
	set, err := lua.Load(lua.Options{Dirs: []string{dir}})
	if err != nil {
		return err
	}
	img, err := hooks.ParseImage("registry.example.com/team/app:1.2.3")
	if err != nil {
		return err
	}
	ev := hooks.Event{
		ID: "bench", Phase: hooks.Before, Op: string(hooks.OpUpdate), Time: time.Now(), Image: &img, Current: &hooks.Revision{Image: img},
		Container: &hooks.Container{Name: "app", ID: "1234", State: "running", Image: img.Ref, Labels: map[string]string{"a": "b"}},
	}
	var took numbers
	for range 2000 {
		start := time.Now()
		answers, _ := set.Ask(ctx, ev)
		took = append(took, float64(time.Since(start).Nanoseconds())/1000)
		if len(answers) != 1 || answers[0].Verdict != hooks.VerdictNone {
			return errors.New("the hook was not asked: " + fmt.Sprint(answers))
		}
	}
	row("one event through one no-op hook", "µs", took)
	return nil
}
