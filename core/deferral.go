package core

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"edged/core/report"
	"edged/core/request"
	"edged/core/state"
)

const (
	// longestDeferral is how long scripts can put a request off, all in all. One
	// that they would put off for longer is denied, with an alarm: a request that
	// never ends would be forgotten.
	longestDeferral = 24 * time.Hour

	// rewriteAfter is the least time between two writings of one deferral: a script
	// that defers by a second again and again must not wear the flash out.
	rewriteAfter = time.Minute

	alarmDeferLimit = "PolicyDeferLimit"
)

// deferral is a request that scripts have put off, with all that must be known to
// ask about it again. The device's clock may be wrong: it begins in 1970 after each
// boot where nothing keeps the time, and jumps when a server has told it.
type deferral struct {
	Request request.Request `json:"request"`
	Trigger string          `json:"trigger,omitempty"`
	Actor   string          `json:"actor,omitempty"`
	Recover bool            `json:"recover,omitempty"`
	Via     string          `json:"via,omitempty"`
	Extra   json.RawMessage `json:"extra,omitempty"`

	Attempt int           `json:"attempt"`         // how often it was put off before
	Holds   int           `json:"holds,omitempty"` // how often in a row because a hook failed
	Waited  time.Duration `json:"waited"`          // from the first question to Asked, as far as a clock can tell
	Asked   time.Time     `json:"asked"`           // when it was put off last, by the device's clock
	Delay   time.Duration `json:"delay"`           // for how long, from then on
	Reason  string        `json:"reason,omitempty"`
}

// requested is the request as it was entered.
func (p deferral) requested() request.Request {
	r := p.Request
	r.Trigger, r.Actor, r.Recover, r.Via, r.Extra = p.Trigger, p.Actor, p.Recover, p.Via, p.Extra
	return r
}

// left is what is left of the delay. A clock that shows an earlier time than the
// deferral's can't tell: then the whole delay is, as far as is known.
func (p deferral) left(now time.Time) (left time.Duration, known bool) {
	passed := now.Round(0).Sub(p.Asked)
	if passed < 0 {
		return p.Delay, false
	}
	return max(p.Delay-passed, 0), true
}

// deferrals keeps what is put off where it outlives edged. What can't be written or
// read is logged: no request ends for it.
type deferrals struct {
	file     state.File
	revision func() string // of the scripts in force
	log      *slog.Logger

	mu      sync.Mutex
	kept    map[*job]deferral
	written map[*job]time.Time
	found   map[name]deferral // on the disk, and not taken up yet
	overdue map[string]string // service -> text of its alarm
}

// deferralFile is the form on the disk.
type deferralFile struct {
	Revision string            `json:"revision"` // of the scripts that put them off
	Deferred []deferral        `json:"deferred"`
	Overdue  map[string]string `json:"overdue,omitempty"`
}

func newDeferrals(dir string, revision func() string, log *slog.Logger) *deferrals {
	return &deferrals{
		file: state.New(dir, "deferred"), revision: revision, log: log,
		kept: map[*job]deferral{}, written: map[*job]time.Time{}, found: map[name]deferral{}, overdue: map[string]string{},
	}
}

// load returns what an earlier run of edged has kept, the oldest first. What other
// scripts put off is to be asked about at once: these may see no need to wait.
func (s *deferrals) load() []deferral {
	s.mu.Lock()
	defer s.mu.Unlock()
	var f deferralFile
	if err := s.file.Load(&f); err != nil {
		s.log.Error("deferred requests are lost", "error", err)
		return nil
	}
	maps.Copy(s.overdue, f.Overdue)
	for i, p := range f.Deferred {
		if f.Revision != s.revision() {
			f.Deferred[i].Delay = 0
		}
		s.found[nameOf(p.Request)] = p
	}
	return f.Deferred
}

// keep notes that j is put off. The first time it is on the disk when keep returns.
func (s *deferrals) keep(j *job, p deferral) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[j] = p
	if at, ok := s.written[j]; ok && time.Since(at) < rewriteAfter {
		return
	}
	s.written[j] = time.Now()
	s.write()
}

// restored notes that j is what was kept as p, which is on the disk already. Without
// a job nobody needs it any more.
func (s *deferrals) restored(j *job, p deferral) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.found, nameOf(p.Request))
	if j == nil {
		s.write()
		return
	}
	s.kept[j], s.written[j] = p, time.Now()
}

// drop forgets j, which has ended.
func (s *deferrals) drop(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.kept[j]; ok {
		delete(s.kept, j)
		delete(s.written, j)
		s.write()
	}
}

// exceed notes that what is asked for a service was put off too long.
func (s *deferrals) exceed(service, text string) report.Alarm {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.overdue[service] = text
	s.write()
	return overdueAlarm(service, text)
}

// settle reports whether an alarm about the service is to be cleared, once.
func (s *deferrals) settle(service string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, raised := s.overdue[service]
	if raised {
		delete(s.overdue, service)
		s.write()
	}
	return raised
}

// alarms are those that stand.
func (s *deferrals) alarms() (out []report.Alarm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for service, text := range s.overdue {
		out = append(out, overdueAlarm(service, text))
	}
	return out
}

func overdueAlarm(service, text string) report.Alarm {
	return report.Alarm{Service: service, Type: alarmDeferLimit, Severity: report.Major, Text: text, Time: time.Now()}
}

// write puts everything on the disk; the caller holds the lock.
func (s *deferrals) write() {
	f := deferralFile{Revision: s.revision(), Overdue: s.overdue}
	f.Deferred = slices.AppendSeq(slices.Collect(maps.Values(s.kept)), maps.Values(s.found))
	sort.Slice(f.Deferred, func(i, j int) bool {
		a, b := f.Deferred[i], f.Deferred[j]
		return cmp.Or(a.Asked.Compare(b.Asked), cmp.Compare(a.Request.ID, b.Request.ID)) < 0
	})
	var err error
	if len(f.Deferred) == 0 && len(f.Overdue) == 0 {
		err = s.file.Remove()
	} else {
		err = s.file.Write(f)
	}
	if err != nil {
		s.log.Error("deferred requests can't be kept", "error", err)
	}
}
