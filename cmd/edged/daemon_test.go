package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"edged/core/api"
	"edged/core/request"
)

// daemon is a backend whose answers are written in a script: it gives the same
// progress to every request, and a result for each container or image.
type daemon struct {
	requests chan request.Request
	deferred string // id of what was deferred last

	Progress   []request.Progress
	Results    map[string]request.Result // by container or image; none: hang until the client leaves
	List       []api.Container
	Modules    []request.Module
	State      api.Status
	Log        map[string]string // by container
	FollowMore string            // what a log says once it is followed
	Scripts    api.Policy
	Wrong      string // what is wrong with the scripts on the disk
	Decided    []api.Decision
}

type daemonKey struct{}

func newDaemon() *daemon { return &daemon{requests: make(chan request.Request, 16)} }

func (d *daemon) Do(ctx context.Context, req request.Request, progress func(request.Progress)) (request.Result, error) {
	for _, p := range d.Progress {
		progress(p)
	}
	d.requests <- req
	if req.Op == request.SoftwareUpdate {
		req.Target = req.Modules[0].Name
	}
	res, ok := d.Results[req.Target+req.Image]
	if !ok {
		res, ok = d.Results[req.Target]
	}
	if !ok {
		res, ok = d.Results["*"] // any other
	}
	if !ok {
		<-ctx.Done()
		return request.Result{}, ctx.Err()
	}
	if res.Outcome == request.Deferred {
		d.deferred = req.ID
	}
	res.ID, res.Op, res.Target, res.Image = req.ID, req.Op, req.Target, req.Image
	return res, nil
}

// Cancel calls off what State shows as under way; a deferred one is said to have ended.
func (d *daemon) Cancel(id string) error {
	if d.deferred == id {
		return nil
	}
	for _, r := range d.State.Requests {
		switch {
		case r.ID == id && r.Until.IsZero():
			return nil
		case r.ID == id:
			return fmt.Errorf("request %s has ended: %w", id, api.ErrConflict)
		}
	}
	return fmt.Errorf("request %s: %w", id, api.ErrNotFound)
}

func (d *daemon) Containers() []api.Container { return d.List }

func (d *daemon) Software(context.Context) ([]request.Module, error) { return d.Modules, nil }

func (d *daemon) Status() api.Status { return d.State }

func (d *daemon) Logs(_ context.Context, w io.Writer, name string, opts api.LogOptions) error {
	text, ok := d.Log[name]
	if !ok {
		return fmt.Errorf("container %s: %w", name, api.ErrNotFound)
	}
	if !opts.Until.IsZero() {
		text += fmt.Sprintf("tail %d since %s until %s timestamps %t\n", opts.Tail, opts.Since.Format(time.RFC3339), opts.Until.Format(time.RFC3339), opts.Timestamps)
	} else if opts.Tail > 0 || opts.Timestamps || !opts.Since.IsZero() {
		text += fmt.Sprintf("tail %d since %s timestamps %t\n", opts.Tail, opts.Since.Format(time.RFC3339), opts.Timestamps)
	}
	if opts.Details {
		text += "details\n"
	}
	if opts.Follow {
		text += d.FollowMore
	}
	_, err := io.WriteString(w, text)
	return err
}

func (d *daemon) Policy() api.Policy { return d.Scripts }

func (d *daemon) ReloadPolicy() error {
	if d.Wrong != "" {
		return fmt.Errorf("%w: %s", api.ErrRejected, d.Wrong)
	}
	return nil
}

// Wake finds what Scripts shows as put off.
func (d *daemon) Wake(id string) (n int, err error) {
	for _, r := range d.Scripts.Deferred {
		if id == "" || r.ID == id {
			n++
		}
	}
	if n == 0 && id != "" {
		err = fmt.Errorf("wake request %s: none of that id is put off: %w", id, api.ErrNotFound)
	}
	return n, err
}

func (d *daemon) OverridePolicy(o api.Override) api.Override {
	o.Until = time.Date(2026, 8, 1, 12, 0, 0, 0, time.Local).Add(time.Duration(o.For))
	return o
}

func (d *daemon) Decisions(limit int) []api.Decision {
	if limit > 0 {
		return d.Decided[max(len(d.Decided)-limit, 0):]
	}
	return d.Decided
}

func (d *daemon) Decision(id string) (json.RawMessage, error) {
	for _, one := range d.Decided {
		if one.ID == id {
			return json.Marshal(map[string]any{"event": map[string]string{"id": one.Event}})
		}
	}
	return nil, fmt.Errorf("decision %s: %w", id, api.ErrNotFound)
}

// startDaemon serves the script's socket until the script ends.
func startDaemon(ts *testscript.TestScript, _ bool, args []string) {
	d := ts.Value(daemonKey{}).(*daemon)
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), d))
	server := api.New(ts.Getenv("EDGED_API_SOCKET"), "", d, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	ts.Defer(func() {
		cancel()
		if err := <-ended; err != nil {
			ts.Logf("daemon: %v", err)
		}
	})
	select {
	case <-server.Ready():
	case err := <-ended:
		ended <- nil
		ts.Fatalf("daemon: %v", err)
	}
}

func received(ts *testscript.TestScript, _ bool, _ []string) {
	d := ts.Value(daemonKey{}).(*daemon)
	select {
	case req := <-d.requests:
		data, err := json.Marshal(req)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs("request.json"), append(data, '\n'), 0o644))
	case <-time.After(10 * time.Second):
		ts.Fatalf("no request came")
	}
}
