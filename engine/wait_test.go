package engine

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

func TestHealthGate(t *testing.T) {
	begin := time.Unix(1000, 0)
	running := State{Status: "running", Running: true, StartedAt: begin}
	restarted := State{Status: "running", Running: true, StartedAt: begin.Add(time.Second)}
	checked := func(health string) State { return State{Status: "running", Health: health} }
	type look struct {
		after time.Duration
		state State
		done  bool
		err   error
	}
	tests := map[string][]look{
		"settles":         {{0, running, false, nil}, {2 * time.Second, running, false, nil}, {settleTime, running, true, nil}},
		"starts late":     {{0, State{Status: "created"}, false, nil}, {time.Hour, running, false, nil}, {time.Hour + settleTime, running, true, nil}},
		"is restarted":    {{0, running, false, nil}, {2 * time.Second, restarted, false, nil}, {4 * time.Second, restarted, false, nil}},
		"exits":           {{0, running, false, nil}, {time.Second, State{Status: "exited"}, false, ErrConflict}},
		"crash loop":      {{0, State{Status: "restarting", Running: true}, false, ErrConflict}},
		"passes":          {{0, checked("starting"), false, nil}, {time.Hour, checked("starting"), false, nil}, {2 * time.Hour, checked("healthy"), true, nil}},
		"recovers":        {{0, checked("unhealthy"), false, nil}, {time.Hour, checked("healthy"), true, nil}},
		"paused meantime": {{0, State{Status: "paused", Running: true}, false, nil}},
	}
	for name, looks := range tests {
		var gate healthGate
		for _, l := range looks {
			got, err := gate.check(l.state, begin.Add(l.after))
			if got.done != l.done || !errors.Is(err, l.err) {
				t.Errorf("%s after %s: %+v, %v", name, l.after, got, err)
			}
			if left := settleTime - l.after; name == "settles" && !got.done && got.again != left {
				t.Errorf("looks again after %s, want %s", got.again, left)
			}
		}
	}
}

// dyingEngine has a container x that runs until stop is closed, and says so by an event if it has any.
func dyingEngine(t *testing.T, stop <-chan struct{}, events bool) *fake {
	t.Helper()
	f := newFake(t)
	f.HandleFunc("/containers/x/json", func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-stop:
			io.WriteString(w, `{"Id":"c1","Name":"/x","State":{"Status":"exited","ExitCode":3}}`)
		default:
			io.WriteString(w, `{"Id":"c1","Name":"/x","State":{"Status":"running","Running":true,"Health":{"Status":"starting"}}}`)
		}
	})
	f.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("filters") != `{"container":["c1"]}` {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusOK)
		say(w)
		select {
		case <-stop:
		case <-r.Context().Done():
		}
		if events {
			say(w, line("die", 1, 0))
		}
		stay(r)
	})
	return f
}

func TestWaitEndsByEvent(t *testing.T) {
	stop := make(chan struct{})
	c := dyingEngine(t, stop, true).client(t)
	healthy, stopped := make(chan error, 1), make(chan error, 1)
	go func() { healthy <- c.WaitForHealthy(t.Context(), "x") }()
	go func() { stopped <- c.WaitForStop(t.Context(), "x") }()
	select {
	case err := <-healthy:
		t.Fatalf("healthy too early: %v", err)
	case err := <-stopped:
		t.Fatalf("stopped too early: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	begin := time.Now()
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if err := <-healthy; !errors.Is(err, ErrConflict) {
		t.Error(err)
	}
	if passed := time.Since(begin); passed > pollInterval/2 {
		t.Errorf("took %s", passed)
	}
}

func TestWaitWithoutEvents(t *testing.T) {
	stop := make(chan struct{})
	c := dyingEngine(t, stop, false).client(t)
	time.AfterFunc(100*time.Millisecond, func() { close(stop) })
	if err := c.WaitForStop(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

func TestWaitOutlastsEngine(t *testing.T) {
	f := newFake(t)
	var asked atomic.Int32
	f.HandleFunc("/containers/x/json", func(w http.ResponseWriter, _ *http.Request) {
		switch asked.Add(1) {
		case 1, 3: // the engine goes away
			panic(http.ErrAbortHandler)
		case 2:
			io.WriteString(w, `{"Id":"c1","State":{"Status":"running","Running":true}}`)
		default:
			io.WriteString(w, `{"Id":"c1","State":{"Status":"exited"}}`)
		}
	})
	f.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		say(w, line("start", 1, 0), line("die", 1, 1), line("die", 1, 2))
		stay(r)
	})
	if err := f.client(t).WaitForStop(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	if n := asked.Load(); n < 4 {
		t.Errorf("asked %d times", n)
	}
}

func TestRemoveWaitsForOthers(t *testing.T) {
	f := newFake(t)
	var asked atomic.Int32
	f.refuse("DELETE /containers/x", http.StatusConflict, "removal of container x is already in progress")
	f.HandleFunc("/containers/x/json", func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) > 2 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		io.WriteString(w, `{"Id":"x","State":{"Status":"removing"}}`)
	})
	f.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) { say(w); stay(r) })
	if err := f.client(t).Remove(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	f.refuse("DELETE /containers/y", http.StatusConflict, "y has dependent containers")
	f.answer("/containers/y/json", `{"Id":"y","State":{"Status":"running"}}`)
	if err := f.client(t).Remove(t.Context(), "y"); !errors.Is(err, ErrConflict) {
		t.Error(err)
	}
}

func TestStopOptions(t *testing.T) {
	for timeout, want := range map[time.Duration]int{0: 0, -1: 0, 1: 1, time.Second: 1, 1500 * time.Millisecond: 2} {
		if got := stopOptions(&timeout).Timeout; *got != want {
			t.Errorf("%s: got %d, want %d", timeout, *got, want)
		}
	}
	if got := stopOptions(nil).Timeout; got != nil {
		t.Errorf("the container's own: got %d", *got)
	}
}

func TestStateOfOddAnswers(t *testing.T) {
	f := newFake(t)
	for i, test := range []struct{ text, status, health string }{
		{`{"State":{"Status":"stopped","StartedAt":"0001-01-01T00:00:00Z","FinishedAt":"1970-01-01T00:00:00Z"}}`, "exited", ""},
		{`{"State":{"Status":"configured","Health":{"Status":""}}}`, "created", ""},
		{`{"State":{"Status":"initialized","Health":{"Status":"none","FailingStreak":3}}}`, "created", ""},
		{`{"State":{"Status":"running","Health":{"Status":"unhealthy","FailingStreak":3}}}`, "running", "unhealthy"},
	} {
		name := fmt.Sprint("c", i)
		f.answer("/containers/"+name+"/json", test.text)
		s, err := f.client(t).State(t.Context(), name)
		if err != nil || s.Status != test.status || s.Health != test.health || (s.FailingStreak != 0) != (s.Health != "") {
			t.Errorf("%s: got %+v, %v", test.text, s, err)
		}
		if !s.StartedAt.IsZero() || !s.FinishedAt.IsZero() {
			t.Errorf("%s: started %s, finished %s", test.text, s.StartedAt, s.FinishedAt)
		}
	}
}
