package core

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"edged/core/api"
	"edged/core/report"
	"edged/core/request"
	"edged/engine"
)

// serve carries out a command that was given to a service, if that is one of edged's:
// others give their services commands below the same topics. The command goes to the
// container, or to each one of a compose service.
func (d *Daemon) serve(r request.Request) {
	select {
	case <-d.complete:
	case <-d.life.Done():
		return
	}
	members := d.members(r.Target)
	switch len(members) {
	case 0:
	case 1:
		r.Target = members[0]
		d.enter(r)
	default:
		d.sink.Put(report.Command{Request: r})
		if res, over := d.serveAll(r, members); over {
			d.sink.Put(report.Command{Request: r, Result: &res})
		}
	}
}

// serveAll carries r out on each container, and returns the worst result; false if
// edged ends before.
func (d *Daemon) serveAll(r request.Request, members []string) (worst request.Result, over bool) {
	jobs := make([]*job, len(members))
	for i, member := range members {
		one := r
		one.ID, one.Target, one.Via, one.Actor = r.ID+"-"+strconv.Itoa(i+1), member, "", r.Via
		jobs[i] = d.enter(one)
	}
	for i, j := range jobs {
		select {
		case <-j.ended:
		case <-d.life.Done():
			return worst, false
		}
		res, err := j.answer()
		if err != nil {
			return worst, false
		}
		if i == 0 || worst.Outcome.OK() {
			changed := worst.Changed || res.Changed
			worst = res
			worst.Changed = changed
		}
	}
	worst.ID, worst.Target = r.ID, r.Target
	return worst, true
}

// members are the names of the containers of a service.
func (d *Daemon) members(service string) (names []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.observed {
		if name, _ := d.services.nameOf(c); name == service && !setAside(c.Name) && !d.settings.Filter.excludes(c) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

// answer answers a question that came over MQTT.
func (d *Daemon) answer(r request.Request) {
	answer, err := d.find(r)
	res := request.Result{ID: r.ID, Op: r.Op, Target: r.Target, Outcome: request.Unchanged, Finished: time.Now()}
	if err != nil {
		res = ended(res, outcomeOf(err), err)
	}
	if answer == nil {
		answer = map[string]any{}
	}
	d.sink.Put(report.Command{Request: r, Result: &res, Answer: answer})
}

func (d *Daemon) find(r request.Request) (map[string]any, error) {
	switch r.Op {
	case request.Ps:
		return map[string]any{"containers": d.Containers()}, nil
	case request.Status:
		return map[string]any{"edged": d.Status()}, nil
	case request.SoftwareList:
		return d.softwareByType()
	case request.Cancel:
		return nil, d.Cancel(r.Options.Request)
	default:
		lines, err := d.logLines(r.Target, r.Options.Tail)
		return map[string]any{"logs": lines}, err
	}
}

func outcomeOf(err error) request.Outcome {
	switch {
	case errors.Is(err, api.ErrNotFound), errors.Is(err, engine.ErrNotFound):
		return request.NotFound
	case errors.Is(err, api.ErrConflict):
		return request.Conflict
	default:
		return request.Failed
	}
}

const (
	usualTail  = 100      // log lines that are told unless a number is asked for
	answerTail = 24 << 10 // bytes of them: a message is kept by the broker
)

// logLines is the end of a container's log.
func (d *Daemon) logLines(container string, lines int) ([]string, error) {
	if lines == 0 {
		lines = usualTail
	}
	var log tail
	log.limit = answerTail
	if err := d.Logs(d.life, &log, container, api.LogOptions{Tail: lines}); err != nil {
		return []string{}, err
	}
	text := strings.TrimRight(strings.ToValidUTF8(log.String(), "?"), "\n")
	if text == "" {
		return []string{}, nil
	}
	return strings.Split(text, "\n"), nil
}

// tail keeps the end of what is written to it.
type tail struct {
	kept  bytes.Buffer // not embedded: whoever copies would find its ReadFrom, which has no limit
	limit int
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept.Write(p)
	if over := t.kept.Len() - t.limit; over > 0 {
		t.kept.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string { return t.kept.String() }
