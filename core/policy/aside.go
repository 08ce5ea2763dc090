package policy

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"edged/core/report"
	"edged/core/state"
	"edged/hooks"
)

// failuresAside is how often in a row a script may fail before it is set aside.
const failuresAside = 5

const alarmAside = "PolicyScriptSetAside"

// aside sets scripts aside that fail all the time: they are not run any more until
// they change. What they would have decided is decided as if they had failed again,
// so that nothing gets past a script only because it is broken.
type aside struct {
	sink Sink
	log  *slog.Logger
	file state.File

	mu       sync.Mutex
	failures map[string]int    // in a row, by file
	away     map[string]setOff // by file
}

// setOff says of a script why it is not run.
type setOff struct {
	SHA256 string    `json:"sha256"`
	At     time.Time `json:"at"`
	Why    string    `json:"why"` // its last failure
}

func newAside(dir string, sink Sink, log *slog.Logger) *aside {
	a := &aside{sink: sink, log: log, file: state.New(dir, "aside"), failures: map[string]int{}, away: map[string]setOff{}}
	return a
}

// Aside reports whether a script is not to be run.
func (p *Policy) Aside(s hooks.Script) bool {
	_, why := p.aside.of(s)
	return why != ""
}

func (a *aside) of(s hooks.Script) (failures int, why string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if off, ok := a.away[s.File]; ok && off.SHA256 == s.SHA256 {
		return a.failures[s.File], off.Why
	}
	return a.failures[s.File], ""
}

// adopt begins to count for another set of scripts; what has changed gets another
// chance.
func (a *aside) adopt(set Scripts) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.away) == 0 {
		if err := a.file.Load(&a.away); err != nil {
			a.log.Error("which policy scripts were set aside is forgotten", "error", err)
			a.away = map[string]setOff{}
		}
	}
	before, kept := len(a.away), map[string]setOff{}
	for _, s := range set.Scripts() {
		if off, ok := a.away[s.File]; ok && off.SHA256 == s.SHA256 {
			kept[s.File] = off
		}
	}
	a.failures, a.away = map[string]int{}, kept
	if len(kept) != before {
		a.write()
	}
	a.announce()
}

// count notes which scripts failed, and sets those aside that have done so too often.
func (a *aside) count(set Scripts, answers []hooks.Answer) {
	failed := map[string]string{}
	for _, one := range answers {
		if _, known := failed[one.Script]; !known || one.Verdict == hooks.VerdictError {
			failed[one.Script] = ""
		}
		if one.Verdict == hooks.VerdictError {
			failed[one.Script] = cmp.Or(one.Reason, "it failed")
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	changed := false
	for file, why := range failed {
		if why == "" {
			delete(a.failures, file)
			continue
		}
		if a.failures[file]++; a.failures[file] < failuresAside || a.away[file].SHA256 != "" {
			continue
		}
		a.log.Error("policy script is set aside until it changes", "script", file, "failures", a.failures[file], "error", why)
		a.away[file] = setOff{SHA256: set.Sums()[file], At: time.Now(), Why: why}
		changed = true
	}
	if changed {
		a.write()
		a.announce()
	}
}

// answers are those of the scripts that are set aside, in the place of their own.
func (a *aside) answers(set Scripts, ev hooks.Event) (out []hooks.Answer) {
	a.mu.Lock()
	none := len(a.away) == 0
	a.mu.Unlock()
	if none || ev.Phase != hooks.Before {
		return nil
	}
	for _, s := range set.Scripts() {
		_, why := a.of(s)
		if why == "" {
			continue
		}
		for _, h := range s.Hooks {
			if h.Phase == ev.Phase && h.Name == ev.Op {
				out = append(out, hooks.Answer{
					Script: s.File, Line: h.Line, Verdict: hooks.VerdictError, Audit: s.Mode == hooks.Audit, Aside: true,
					Reason: fmt.Sprintf("it is set aside until it changes, having failed %d times in a row: %s", failuresAside, why),
				})
			}
		}
	}
	return out
}

// announce raises or clears the alarm; the caller holds the lock.
func (a *aside) announce() {
	alarm := report.Alarm{Type: alarmAside}
	if len(a.away) > 0 {
		files := slices.Sorted(maps.Keys(a.away))
		alarm.Severity, alarm.Time = report.Major, a.away[files[0]].At
		alarm.Text = fmt.Sprintf("policy scripts set aside until they change: %s (%s)", strings.Join(files, ", "), a.away[files[0]].Why)
	}
	a.sink.Put(alarm)
}

func (a *aside) write() {
	var err error
	if len(a.away) == 0 {
		err = a.file.Remove()
	} else {
		err = a.file.Write(a.away)
	}
	if err != nil {
		a.log.Error("which policy scripts are set aside can't be kept", "error", err)
	}
}
