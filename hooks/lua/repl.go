package lua

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// A Repl runs lines that somebody types, as if they stood in a hook: with the whole
// API, an event in the variable ev, and everything granted. Variables that are not
// local live as long as it does.
type Repl struct {
	set    *Set
	script *script
	event  hooks.Event
	m      *vm.VM
}

// ErrIncomplete is a line that goes on in the next one.
var ErrIncomplete = errors.New("the statement goes on")

const replName = "line" // under which errors name a line

// NewRepl returns one for an event.
func (s *Set) NewRepl(ctx context.Context, ev hooks.Event) (*Repl, error) {
	r := &Repl{set: s, event: ev, m: vm.New(s.options.Limits, s.env)}
	r.script = &script{
		info:     hooks.Script{File: replName, Mode: hooks.Enforce},
		needs:    needs{topics: []string{"#"}, paths: []pattern{"/**"}},
		messages: rate{most: maxMessages}, metrics: rate{most: maxMetrics},
	}
	h := r.host(ctx)
	r.m.Host = h
	if _, err := r.run(ctx, "function(e) ev = e end", eventTable(h)); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close ends it.
func (r *Repl) Close() { r.m.Close() }

// host is what one line can reach: each looks anew.
func (r *Repl) host(ctx context.Context) *host {
	ses := r.set.newSession(r.event, live{r.set})
	ses.begin = func(script, name string) (hooks.KVTx, error) { return ses.from.begin(ctx, script, name) }
	h := ses.host(r.script, false)
	h.asking = true
	h.kv = &kvView{session: ses, script: replName, name: replName}
	return h
}

// Eval runs a line and returns what it gives, a value a line. Its error is
// [ErrIncomplete] where the line is only the beginning of a statement.
func (r *Repl) Eval(ctx context.Context, line string) (string, error) {
	h := r.host(ctx)
	r.m.Host = h
	defer h.kv.close()
	shown, err := r.eval(ctx, line)
	h.kv.end(err == nil)
	return shown, errors.Join(err, h.kv.commit(false))
}

func (r *Repl) eval(ctx context.Context, line string) (string, error) {
	if _, err := vm.Compile(replName, "return "+line+"\n"); err == nil {
		values, err := r.run(ctx, "(function(...) return { n = select('#', ...), ... } end)("+line+"\n)")
		if err != nil {
			return "", err
		}
		return show(values), nil
	}
	c, err := vm.Compile(replName, line)
	if err != nil {
		if strings.Contains(err.Error(), "at the end of the file") {
			return "", ErrIncomplete
		}
		return "", err
	}
	return "", r.m.Run(ctx, c)
}

// run computes an expression and, if there are arguments, calls it with them.
func (r *Repl) run(ctx context.Context, expr string, args ...glua.LValue) (glua.LValue, error) {
	c, err := vm.Compile(replName, "return "+expr)
	if err != nil {
		return nil, err
	}
	results, err := r.m.Call(ctx, vm.Function(func(l *glua.LState) int {
		l.Push(vm.Require(l, c))
		return 1
	}))
	if err != nil {
		return nil, err
	}
	if len(args) > 0 {
		_, err = r.m.Call(ctx, results[0], args...)
	}
	return results[0], err
}

// show words the values of a line.
func show(packed glua.LValue) string {
	t, ok := packed.(*glua.LTable)
	if !ok {
		return ""
	}
	n, _ := t.RawGetString("n").(glua.LNumber)
	var lines []string
	for i := 1; i <= int(n); i++ {
		lines = append(lines, showValue(t.RawGetInt(i), 0))
	}
	return strings.Join(lines, "\n")
}

const maxShown = 3 // tables within tables

func showValue(v glua.LValue, depth int) string {
	switch v := v.(type) {
	case glua.LString:
		return strconv.Quote(string(v))
	case glua.LNumber:
		return vm.FormatNumber(float64(v))
	case *glua.LTable:
		return showTable(v, depth)
	case *glua.LUserData:
		if s, ok := v.Value.(said); ok {
			return showAnswer(s.Answer)
		}
	case *glua.LFunction:
		return "function"
	}
	return v.String()
}

func showTable(t *glua.LTable, depth int) string {
	if depth >= maxShown {
		return "{...}"
	}
	var items, fields []string
	for i := 1; i <= t.Len(); i++ {
		items = append(items, showValue(t.RawGetInt(i), depth+1))
	}
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		if n, ok := k.(glua.LNumber); ok && n >= 1 && int(n) <= t.Len() && n == glua.LNumber(int(n)) {
			continue
		}
		name := "[" + showValue(k, maxShown) + "]"
		if s, ok := k.(glua.LString); ok {
			name = string(s)
		}
		fields = append(fields, name+" = "+showValue(v, depth+1))
	}
	slices.Sort(fields)
	if items = append(items, fields...); len(items) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(items, ", ") + " }"
}

func showAnswer(a hooks.Answer) string {
	if a.Verdict == hooks.VerdictAction {
		var texts []string
		for _, action := range a.Actions {
			texts = append(texts, fmt.Sprintf("edged.%s %s %v", action.Op, action.Target, action.Args))
		}
		return strings.Join(texts, ", ")
	}
	text := "edged." + string(a.Verdict) + ":"
	if a.Delay > 0 {
		text += " " + a.Delay.Round(time.Second).String()
	}
	if len(a.Patch) > 0 {
		text += fmt.Sprintf(" %v", a.Patch)
	}
	return strings.TrimSuffix(strings.TrimSpace(text+" "+a.Reason), ":")
}
