package lua

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edged/hooks"
)

// replayDeadline is for a replay, which is done where nobody waits for it.
const replayDeadline = 10 * time.Second

// Replay comes to a recorded decision again: it asks the scripts about the event,
// and whatever they look at is what they saw then. Nothing is sent, kept or begun.
// With the same files the decision is the same, but for the time taken and for
// hooks that had run out of it.
func (s *Set) Replay(ctx context.Context, rec hooks.Record) (hooks.Decision, error) {
	if rec.Decision.Reads == nil {
		return hooks.Decision{}, errors.New("replay decision: it does not say what the scripts read")
	}
	ses := s.newSession(rec.Event, recorded{rec.Decision.Reads, live{s}})
	ses.replay = true
	then := map[string]hooks.Mode{}
	var aside []hooks.Answer
	for _, a := range rec.Decision.Answers {
		if a.Aside {
			aside = append(aside, a)
			continue
		}
		then[a.Script] = hooks.Enforce
		if a.Audit {
			then[a.Script] = hooks.Audit
		}
	}
	answers := ses.ask(ctx, replayDeadline, func(sc hooks.Script) (hooks.Mode, bool) {
		mode, asked := then[sc.File]
		_, known := rec.Scripts[sc.File]
		if !asked {
			mode = sc.Mode
		}
		return mode, asked || !known // one that was loaded and not asked had been set aside
	})
	d := hooks.Merge(rec.Event, append(answers, aside...), rec.Fallback)
	d.Reads = ses.reads
	return d.OverriddenAs(rec.Decision), nil
}

// recorded is the device as scripts saw it when a decision was made.
type recorded struct {
	reads *hooks.Reads
	live  live
}

func (r recorded) now() time.Time { return r.reads.Time }

func (r recorded) offset(zone string, at time.Time) (int, error) {
	offset, ok := r.reads.Zones[zoneKey(zone, at, r.reads.Time)]
	if !ok {
		return 0, errUnknownZone
	}
	return offset, nil
}

func (r recorded) device() hooks.Device {
	if r.reads.Device == nil {
		return hooks.Device{}
	}
	return *r.reads.Device
}

func (r recorded) containers() []hooks.Container { return r.reads.Containers }

// file gives what was read. Of a long file only the hash is known, so that the
// file here must be the same.
func (r recorded) file(path string, in pattern, read bool) (hooks.FileRead, string) {
	for _, f := range r.reads.Files {
		switch {
		case f.Path != path || read && f.Exists && f.SHA256 == "" && f.Error == "":
			continue
		case f.Text != nil:
			return f, *f.Text
		case f.SHA256 == "" || !read:
			return f, ""
		}
		if here, text := r.live.file(path, in, true); here.SHA256 == f.SHA256 {
			return here, text
		}
		return hooks.FileRead{Path: path, Exists: true, Error: fmt.Sprintf("only the hash of its %d bytes is in the record", f.Size)}, ""
	}
	return hooks.FileRead{Path: path}, ""
}

func (r recorded) glob(spec string, _ pattern) []string {
	for _, g := range r.reads.Globs {
		if g.Pattern == spec {
			return g.Paths
		}
	}
	return nil
}

func (r recorded) begin(_ context.Context, _, name string) (hooks.KVTx, error) {
	kept, ok := r.reads.KV[name]
	if !ok {
		return recordedKV{}, nil
	}
	if kept.Error != "" {
		return nil, errors.New(kept.Error)
	}
	return recordedKV{kept}, nil
}

func (r recorded) send(sc *script, n int, _ string, _ []byte) error {
	for _, refused := range r.reads.Refused {
		if refused.Script == sc.info.File && refused.N == n {
			return errors.New(refused.Error)
		}
	}
	return nil
}

// recordedKV is what a script had kept, as far as it looked.
type recordedKV struct{ reads hooks.KVReads }

func (k recordedKV) Entries() map[string]hooks.KVEntry      { return k.reads.Entries }
func (k recordedKV) Commit(map[string]*hooks.KVEntry) error { return nil }
func (k recordedKV) Close()                                 {}
