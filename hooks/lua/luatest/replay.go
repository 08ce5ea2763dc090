package luatest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"edged/hooks"
	"edged/hooks/lua"
)

// ReadRecord reads a record from JSON.
func ReadRecord(data []byte) (hooks.Record, error) {
	var rec hooks.Record
	if err := json.Unmarshal(data, &rec); err != nil {
		return rec, fmt.Errorf("read record: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if rec.Event.Op == "" || rec.Decision.Verdict == "" {
		return rec, errors.New("read record: it has no event or no decision")
	}
	return rec, nil
}

// evalDeadline is for all scripts together; nobody waits for them here.
const evalDeadline = 10 * time.Second

// Eval asks the scripts of folders about an event. Nothing is sent, and what they
// keep is forgotten.
func Eval(ctx context.Context, dirs []string, ev hooks.Event) (hooks.Record, error) {
	sources, err := lua.Read(dirs)
	if err != nil {
		return hooks.Record{}, err
	}
	set, err := lua.Load(lua.Options{
		Sources: sources, Grants: lua.Everything(), KV: hooks.NewMemoryKV(), Deadline: evalDeadline,
		Publish: func(string, string, []byte) error { return nil },
		Look:    hooks.Sources{Device: SampleDevice, Containers: func() []hooks.Container { return nil }},
	})
	if err != nil {
		return hooks.Record{}, err
	}
	answers, reads := set.Ask(ctx, ev)
	d := hooks.Merge(ev, answers, hooks.VerdictAllow)
	d.Reads = reads
	return hooks.Record{
		Event: ev, Decision: d, Fallback: hooks.VerdictAllow,
		Revision: set.Revision(), Scripts: set.Sums(), Sources: sources,
	}, nil
}

// Replayed is what came of a replay.
type Replayed struct {
	Same     bool           `json:"same"`
	Decision hooks.Decision `json:"decision"`
	Changed  []string       `json:"changed,omitempty"` // what of the scripts is not as it was
}

// Replay comes to a decision again: with the scripts of the record, or those of
// folders if there are any.
func Replay(ctx context.Context, rec hooks.Record, dirs []string) (Replayed, error) {
	opts := lua.Options{Sources: rec.Sources, Grants: lua.Everything()}
	if dirs != nil {
		opts.Sources, opts.Dirs = nil, dirs
	}
	set, err := lua.Load(opts)
	if err != nil {
		return Replayed{}, err
	}
	d, err := set.Replay(ctx, rec)
	if err != nil {
		return Replayed{}, err
	}
	return Replayed{Same: same(rec.Decision, d), Decision: d, Changed: changed(rec.Scripts, set.Sums())}, nil
}

// same compares two decisions, but for how long they took.
func same(a, b hooks.Decision) bool {
	x, err1 := json.Marshal(timeless(a))
	y, err2 := json.Marshal(timeless(b))
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

func timeless(d hooks.Decision) hooks.Decision {
	d.Reads = nil
	d.Answers = slices.Clone(d.Answers)
	for i := range d.Answers {
		d.Answers[i].Took = 0
	}
	return d
}

func changed(then, now map[string]string) []string {
	var all []string
	for name, sum := range then {
		switch now[name] {
		case sum:
		case "":
			all = append(all, name+" took part then, and is missing")
		default:
			all = append(all, name+" is another one than the one that was asked then")
		}
	}
	for name := range now {
		if then[name] == "" {
			all = append(all, name+" is new")
		}
	}
	slices.Sort(all)
	return all
}

// Describe words a decision and the answers behind it.
func Describe(ev hooks.Event, d hooks.Decision) string { return played{ev, d}.String() }
