package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"edged/core/report"
	"edged/hooks"
)

// Where the scripts in force are from.
const (
	FromFiles    = "files"     // as they are, or were, on the disk
	FromLastGood = "last good" // kept by edged, as those on the disk can't be loaded
	FromNowhere  = "none"      // none can be loaded: every change is held
)

// The alarms about scripts that can't be loaded.
const (
	alarmBroken   = "PolicyBroken"
	alarmRejected = "PolicyRejected"
)

// Status says which scripts are in force, and which were turned down.
type Status struct {
	Revision string         `json:"revision"`           // in force; empty without scripts
	From     string         `json:"from"`               // [FromFiles], [FromLastGood] or [FromNowhere]
	Since    time.Time      `json:"since"`              //
	Scripts  []ScriptStatus `json:"scripts"`            // in the order of asking
	Rejected *Rejected      `json:"rejected,omitempty"` // the newest ones, if they can't be loaded
}

// ScriptStatus is one script in force.
type ScriptStatus struct {
	hooks.Script
	Failures int    `json:"failures,omitempty"` // in a row, up to now
	Aside    string `json:"aside,omitempty"`    // why it is not asked any more
}

// Rejected says why scripts are not in force.
type Rejected struct {
	Revision string         `json:"revision,omitempty"` // empty if they could not even be read
	At       time.Time      `json:"at"`
	Problems hooks.Problems `json:"problems"`
}

// keptGood is the form of the last good scripts on the disk.
type keptGood struct {
	Revision string         `json:"revision"`
	Sources  []hooks.Source `json:"sources"`
}

// OnChange has f called after each change of the scripts in force. It is for
// wiring, before anything runs.
func (p *Policy) OnChange(f func()) { p.changed = append(p.changed, f) }

// Boot loads the scripts at the start of edged: those on the disk, else the last
// good ones. Without either every change is held.
func (p *Policy) Boot() {
	p.loading.Lock()
	defer p.loading.Unlock()
	set, sources, err := p.load()
	if err == nil {
		p.accept(set, sources)
		return
	}
	rejected := rejection(sources, err)
	var good keptGood
	if err := p.good.Load(&good); err != nil {
		p.log.Error("the last good policy scripts are lost", "error", err)
	}
	if len(good.Sources) > 0 {
		last, lastErr := p.cfg.Load(good.Sources)
		if lastErr == nil {
			p.log.Error("the policy scripts can't be loaded: the last good ones are in force", "revision", good.Revision, "error", err)
			p.use(last, FromLastGood, rejected)
			return
		}
		err = errors.Join(err, fmt.Errorf("the last good ones: %w", lastErr))
	}
	p.log.Error("the policy scripts can't be loaded: every change is held", "error", err)
	p.use(Broken{Err: err}, FromNowhere, rejected)
}

// Reload loads the scripts on the disk. When any of them is wrong, those in force
// stay so, and the error, mostly [hooks.Problems], says why.
func (p *Policy) Reload() error {
	p.loading.Lock()
	defer p.loading.Unlock()
	set, sources, err := p.load()
	if err == nil {
		p.accept(set, sources)
		return nil
	}
	p.log.Error("the policy scripts can't be loaded: those in force stay so", "revision", p.Revision(), "error", err)
	if b, broken := p.inForce().(Broken); broken {
		b.Err = err
		p.use(b, FromNowhere, rejection(sources, err))
		return err
	}
	p.mu.Lock()
	p.status.Rejected = rejection(sources, err)
	p.mu.Unlock()
	p.announce()
	return err
}

func (p *Policy) load() (Scripts, []hooks.Source, error) {
	sources, err := p.cfg.Read()
	if err != nil {
		return nil, nil, err
	}
	set, err := p.cfg.Load(sources)
	return set, sources, err
}

// accept puts the scripts of the disk into force, and keeps them as the last good
// ones if they are others.
func (p *Policy) accept(set Scripts, sources []hooks.Source) {
	var good keptGood
	if err := p.good.Load(&good); err != nil {
		p.log.Error("the last good policy scripts are lost", "error", err)
	}
	if revision := revisionOf(sources); revision != good.Revision {
		if err := p.good.Write(keptGood{revision, sources}); err != nil {
			p.log.Error("the policy scripts can't be kept for a start without them", "error", err)
		}
	}
	p.use(set, FromFiles, nil)
	p.log.Info("policy scripts are in force", "revision", set.Revision(), "scripts", len(set.Scripts()))
}

// use puts scripts into force, and tells everybody.
func (p *Policy) use(set Scripts, from string, rejected *Rejected) {
	p.aside.adopt(set)
	p.scripts.Store(&set)
	p.mu.Lock()
	p.status = Status{From: from, Since: time.Now(), Rejected: rejected}
	p.mu.Unlock()
	p.announce()
	for _, f := range p.changed {
		f()
	}
}

// Status says which scripts are in force.
func (p *Policy) Status() Status {
	p.mu.Lock()
	s := p.status
	p.mu.Unlock()
	set := p.inForce()
	if s.From != FromNowhere {
		s.Revision = set.Revision()
	}
	s.Scripts = []ScriptStatus{}
	for _, script := range set.Scripts() {
		failures, why := p.aside.of(script)
		s.Scripts = append(s.Scripts, ScriptStatus{script, failures, why})
	}
	return s
}

// announce tells the status, and alarms about what is not in force.
func (p *Policy) announce() {
	s := p.Status()
	p.sink.Put(report.Twin{Fragment: "policy", Value: shown(s)})
	broken, rejected := report.Alarm{Type: alarmBroken}, report.Alarm{Type: alarmRejected}
	switch {
	case s.Rejected == nil:
	case s.From == FromNowhere:
		broken.Severity, broken.Time = report.Critical, s.Rejected.At
		broken.Text = "policy scripts can't be loaded: " + s.Rejected.Problems.Error()
	default:
		rejected.Severity, rejected.Time = report.Major, s.Rejected.At
		rejected.Text = fmt.Sprintf("policy revision %s stays in force; revision %s can't be loaded: %s",
			s.Revision, s.Rejected.Revision, s.Rejected.Problems.Error())
	}
	p.sink.Put(broken)
	p.sink.Put(rejected)
}

// shown is the status as MQTT has it: which files, but not each hook.
func shown(s Status) any {
	type script struct {
		File  string     `json:"file"`
		Mode  hooks.Mode `json:"mode"`
		Aside string     `json:"aside,omitempty"`
	}
	scripts := []script{}
	for _, sc := range s.Scripts {
		scripts = append(scripts, script{sc.File, sc.Mode, sc.Aside})
	}
	return struct {
		Revision string    `json:"revision"`
		From     string    `json:"from"`
		Since    time.Time `json:"since"`
		Scripts  []script  `json:"scripts"`
		Rejected *Rejected `json:"rejected,omitempty"`
	}{s.Revision, s.From, s.Since, scripts, s.Rejected}
}

func rejection(sources []hooks.Source, err error) *Rejected {
	r := &Rejected{At: time.Now()}
	if sources != nil {
		r.Revision = revisionOf(sources)
	}
	if !errors.As(err, &r.Problems) {
		r.Problems = hooks.Problems{{File: "policy.dirs", Message: err.Error()}}
	}
	return r
}

// revisionOf names scripts by their content, as [Scripts.Revision] does.
func revisionOf(sources []hooks.Source) string {
	if len(sources) == 0 {
		return ""
	}
	sorted := slices.Clone(sources)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Name < sorted[j].Name })
	sum := sha256.New()
	for _, s := range sorted {
		one := sha256.Sum256([]byte(s.Text))
		fmt.Fprintln(sum, s.Name, hex.EncodeToString(one[:]))
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}
