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
// before it changed, then all others. The second result is what they looked at; nil
// when there is no such hook. It takes no longer than the deadline and 100 ms, and
// no fault of a script is more than an answer with VerdictError.
func (s *Set) Ask(ctx context.Context, ev hooks.Event) ([]hooks.Answer, *hooks.Reads) {
	if !s.Wants(ev.Phase, ev.Op) {
		return nil, nil
	}
	ses := s.newSession(ev, live{s})
	answers := ses.ask(ctx, s.options.Deadline, func(sc hooks.Script) (hooks.Mode, bool) {
		return sc.Mode, s.options.Aside == nil || !s.options.Aside(sc)
	})
	return answers, ses.reads
}

// ask asks all scripts that as says, in the modes that it says.
func (s *session) ask(ctx context.Context, within time.Duration, as func(hooks.Script) (hooks.Mode, bool)) []hooks.Answer {
	until := time.Now().Add(within)
	s.begin = func(script, name string) (hooks.KVTx, error) {
		ctx, cancel := context.WithDeadline(ctx, until)
		defer cancel()
		tx, err := s.from.begin(ctx, script, name)
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.New("another event had the values all the time")
		}
		return tx, err
	}
	var answers []hooks.Answer
	ev := s.asked
	for _, mutate := range []bool{true, false} {
		for _, sc := range s.set.scripts {
			if !sc.wants(ev, mutate) {
				continue
			}
			mode, asked := as(sc.info)
			if !asked {
				continue
			}
			h := s.host(sc, mode == hooks.Audit)
			h.event = ev
			got := h.run(ctx, mutate, until)
			answers = append(answers, got...)
			if !h.audit {
				ev = patched(ev, got)
			}
		}
	}
	return answers
}

// run asks the hooks of one script in a fresh machine.
func (h *host) run(ctx context.Context, mutate bool, until time.Time) []hooks.Answer {
	began := time.Now()
	limits := h.set.options.Limits
	limits.Time = until.Sub(began)
	if limits.Time <= 0 {
		return h.failed(mutate, 0, h.set.late())
	}
	m := vm.New(limits, h.set.env)
	defer m.Close()
	m.Host, m.Cover = h, h.set.options.cover()
	if err := m.Run(ctx, h.script.chunk); err != nil {
		return h.failed(mutate, time.Since(began), h.set.worded(err))
	}
	h.asking = true
	h.kv = &kvView{session: h.session, script: h.script.info.File, name: kvName(h.script.info.File, mutate)}
	defer h.kv.close()
	var answers []hooks.Answer
	for _, fn := range h.matching(mutate) {
		a := h.ask(ctx, m, fn, until)
		answers = append(answers, a)
		h.event = patched(h.event, []hooks.Answer{a})
	}
	if err := h.kv.commit(h.event.DryRun || h.replay); err != nil {
		for i := range answers {
			answers[i].Verdict, answers[i].Reason = hooks.VerdictError, reasonOf(answers[i].Script, answers[i].Line, err)
		}
	}
	return answers
}

// called is a function to call, and the line at which it was registered.
type called struct {
	fn   *glua.LFunction
	line int
}

// matching are the functions for the event, in the order of registration.
func (h *host) matching(mutate bool) []called {
	var fns []called
	for _, k := range h.hooks {
		if matches(k.Hook, h.event, mutate) {
			fns = append(fns, called{k.fn, k.Line})
		}
	}
	for _, t := range h.timers {
		if !mutate && h.event.Op == string(hooks.NoticeTimer) && t.ID() == h.event.Timer {
			fns = append(fns, called{t.fn, t.Line})
		}
	}
	return fns
}

// ask calls one hook.
func (h *host) ask(ctx context.Context, m *vm.VM, hook called, until time.Time) hooks.Answer {
	began := time.Now()
	a := hooks.Answer{Script: h.script.info.File, Line: hook.line, Audit: h.audit}
	h.actions, h.sent = nil, nil
	err := h.set.late()
	if left := until.Sub(began); left > 0 {
		m.SetTime(left)
		var results []glua.LValue
		results, err = m.Call(ctx, hook.fn, eventTable(h))
		a.Units = m.Units()
		if err == nil {
			err = readAnswer(&a, h.event, results)
		}
		err = h.set.worded(err)
	}
	a.Sent = h.sent
	a.Actions = append(a.Actions, h.actions...)
	h.kv.end(err == nil)
	if err != nil {
		a.Verdict, a.Reason, a.Actions = hooks.VerdictError, reasonOf(a.Script, a.Line, err), nil
	}
	a.Reason = clip(a.Reason, maxReason)
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
func (h *host) failed(mutate bool, took time.Duration, err error) []hooks.Answer {
	var answers []hooks.Answer
	file := h.script.info.File
	for _, line := range h.script.lines(h.event, mutate) {
		answers = append(answers, hooks.Answer{
			Script: file, Line: line, Verdict: hooks.VerdictError, Audit: h.audit,
			Reason: reasonOf(file, line, err), Took: took,
		})
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

// maxActions is how much one hook may want done.
const maxActions = 10

// readAnswer makes sense of what a hook returned: one answer, or several actions.
func readAnswer(a *hooks.Answer, ev hooks.Event, results []glua.LValue) error {
	for i, v := range results {
		if v == glua.LNil {
			continue
		}
		said, err := answerOf(v)
		if err != nil {
			return err
		}
		if err := said.fits(ev); err != nil {
			return err
		}
		if i > 0 && said.Verdict != hooks.VerdictAction {
			return errors.New("hook returns more than one answer; only actions can be several")
		}
		if a.Reason == "" {
			a.Reason = said.Reason
		}
		a.Verdict, a.Delay, a.Patch = said.Verdict, said.Delay, said.Patch
		if a.Actions = append(a.Actions, said.Actions...); len(a.Actions) > maxActions {
			return fmt.Errorf("hook returns more than %d actions", maxActions)
		}
	}
	return nil
}
