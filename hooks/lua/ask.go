package lua

import (
	"context"
	"errors"
	"fmt"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// Ask runs every hook that is registered for an event and returns what each of
// them answered: first the hooks of stage mutate, each of which sees what those
// before it changed, then all others. It takes no longer than the deadline and
// 100 ms, and no fault of a script is more than an answer with VerdictError.
func (s *Set) Ask(ctx context.Context, ev hooks.Event) ([]hooks.Answer, *hooks.Reads) {
	if !s.wants[occasion{ev.Phase, ev.Op}] {
		return nil, nil
	}
	reads := &hooks.Reads{Time: s.options.Clock()}
	until := time.Now().Add(s.options.Deadline)
	var answers []hooks.Answer
	for _, mutate := range []bool{true, false} {
		for _, sc := range s.scripts {
			if sc.wants(ev, mutate) {
				got := s.askScript(ctx, sc, ev, mutate, until)
				answers = append(answers, got...)
				ev = patched(ev, got)
			}
		}
	}
	return answers, reads
}

// askScript runs the hooks of one script in a fresh machine.
func (s *Set) askScript(ctx context.Context, sc *script, ev hooks.Event, mutate bool, until time.Time) []hooks.Answer {
	began := time.Now()
	limits := s.options.Limits
	limits.Time = until.Sub(began)
	if limits.Time <= 0 {
		return sc.failed(ev, mutate, 0, s.late())
	}
	m := vm.New(limits, s.env)
	defer m.Close()
	h := s.newHost(sc, ev)
	m.Host = h
	if err := m.Run(ctx, sc.chunk); err != nil {
		return sc.failed(ev, mutate, time.Since(began), s.worded(err))
	}
	h.asking = true
	var answers []hooks.Answer
	for _, k := range h.hooks {
		if k.info.matches(ev, mutate) {
			a := h.ask(ctx, m, k, until)
			answers = append(answers, a)
			h.event = patched(h.event, []hooks.Answer{a})
		}
	}
	return answers
}

// ask calls one hook.
func (h *host) ask(ctx context.Context, m *vm.VM, k registered, until time.Time) hooks.Answer {
	began := time.Now()
	a := hooks.Answer{Script: h.script.info.File, Line: k.info.Line}
	err := h.set.late()
	if left := until.Sub(began); left > 0 {
		m.SetTime(left)
		var results []glua.LValue
		results, err = m.Call(ctx, k.fn, eventTable(h.event))
		if err == nil {
			err = readAnswer(&a, h.event, results)
		}
		err = h.set.worded(err)
	}
	if err != nil {
		a.Verdict, a.Reason = hooks.VerdictError, reasonOf(a.Script, a.Line, err)
	}
	a.Took = time.Since(began)
	return a
}

// late is why a hook was not asked at all.
func (s *Set) late() error {
	return fmt.Errorf("no time left: all scripts together have %s for one event", s.options.Deadline)
}

// worded names the deadline of the event in the place of what was left of it
// for one hook.
func (s *Set) worded(err error) error {
	var e *vm.Error
	var used *vm.Exhausted
	if errors.As(err, &e) && errors.As(err, &used) && used.What == "time" {
		return &vm.Error{
			Chunk: e.Chunk, Line: e.Line, Cause: e.Cause,
			Message: fmt.Sprintf("took too long: all scripts together have %s for one event", s.options.Deadline),
		}
	}
	return err
}

// failed is the answer of every matching hook of a script that can't be asked.
func (sc *script) failed(ev hooks.Event, mutate bool, took time.Duration, err error) []hooks.Answer {
	var answers []hooks.Answer
	for _, k := range sc.info.Hooks {
		if k.matches(ev, mutate) {
			answers = append(answers, hooks.Answer{
				Script: sc.info.File, Line: k.Line, Verdict: hooks.VerdictError,
				Reason: reasonOf(sc.info.File, k.Line, err), Took: took,
			})
		}
	}
	return answers
}

// reasonOf words a failure so that it says where it happened: the line of the
// fault, or that of the hook.
func reasonOf(file string, line int, err error) string {
	var e *vm.Error
	if errors.As(err, &e) && e.Line > 0 {
		return err.Error()
	}
	return fmt.Sprintf("%s:%d: %v", file, line, err)
}

// readAnswer makes sense of what a hook returned.
func readAnswer(a *hooks.Answer, ev hooks.Event, results []glua.LValue) error {
	if len(results) == 0 || results[0] == glua.LNil {
		return nil
	}
	said, err := answerOf(results[0])
	if err != nil {
		return err
	}
	if err := said.fits(ev); err != nil {
		return err
	}
	a.Verdict, a.Reason, a.Delay = said.Verdict, said.Reason, said.Delay
	a.Patch, a.Actions = said.Patch, said.Actions
	return nil
}
