package core

import (
	"encoding/json"
	"fmt"
	"time"

	"edged/core/api"
	"edged/core/policy"
)

// Policy shows the policy in force to people.
func (d *Daemon) Policy() api.Policy {
	s := d.policy.Status()
	out := api.Policy{Revision: s.Revision, From: s.From, Since: s.Since, Default: d.policy.Fallback(), Scripts: []api.PolicyScript{}}
	for _, one := range s.Scripts {
		out.Scripts = append(out.Scripts, api.PolicyScript{Script: one.Script, Failures: one.Failures, Aside: one.Aside})
	}
	if r := s.Rejected; r != nil {
		out.Rejected = &api.PolicyProblem{Revision: r.Revision, At: r.At, Problems: r.Problems}
	}
	for _, o := range d.policy.Overrides() {
		out.Overrides = append(out.Overrides, api.Override{Name: o.Name, Until: o.Until, Reason: o.Reason, Actor: o.Actor})
	}
	for _, r := range d.requests.running() {
		if !r.Until.IsZero() {
			out.Deferred = append(out.Deferred, r)
		}
	}
	return out
}

// scripts is the policy in force in short.
func (d *Daemon) scripts() api.Scripts {
	s := d.policy.Status()
	out := api.Scripts{Revision: s.Revision}
	for _, one := range s.Scripts {
		out.Files = append(out.Files, api.Script{Name: one.File, Hooks: len(one.Hooks) + len(one.Timers), Error: one.Aside})
	}
	if s.Rejected != nil {
		out.Error = s.Rejected.Problems.Error()
	}
	return out
}

// ReloadPolicy implements [api.PolicyBackend].
func (d *Daemon) ReloadPolicy() error {
	if err := d.policy.Reload(); err != nil {
		return fmt.Errorf("%w: %w", api.ErrRejected, err)
	}
	return nil
}

// Wake implements [api.PolicyBackend].
func (d *Daemon) Wake(id string) (int, error) {
	n := d.requests.wake(func(j *job) bool { return id == "" || j.request.ID == id })
	if n == 0 && id != "" {
		return 0, fmt.Errorf("wake request %s: none of that id is put off: %w", id, api.ErrNotFound)
	}
	return n, nil
}

// OverridePolicy implements [api.PolicyBackend]. What is put off for the name is
// asked about at once.
func (d *Daemon) OverridePolicy(o api.Override) api.Override {
	o.Until = time.Now().Add(time.Duration(o.For))
	d.policy.Override(policy.Override{Name: o.Name, Until: o.Until, Reason: o.Reason, Actor: o.Actor})
	d.requests.wake(func(j *job) bool { return j.request.Target == o.Name || j.request.Image == o.Name })
	return o
}

// Decisions implements [api.PolicyBackend].
func (d *Daemon) Decisions(limit int) []api.Decision {
	out := []api.Decision{}
	for _, s := range d.policy.Decisions(limit) {
		out = append(out, api.Decision(s))
	}
	return out
}

// Decision implements [api.PolicyBackend].
func (d *Daemon) Decision(id string) (json.RawMessage, error) {
	record, ok := d.policy.Decision(id)
	if !ok {
		return nil, fmt.Errorf("decision %s: %w", id, api.ErrNotFound)
	}
	return record, nil
}
