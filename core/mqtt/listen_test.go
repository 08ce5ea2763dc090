package mqtt

import (
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"edged/test/lab"
)

func TestOverlap(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"a/b", "a/b", true}, {"a/b", "a/c", false}, {"a/+", "a/b", true}, {"a/+", "+/b", true}, {"a/+", "a/b/c", false},
		{"a/#", "a", true}, {"a/#", "a/b/c", true}, {"a/#", "b/#", false}, {"#", "a", true}, {"+/+/c", "a/#", true}, {"a/b/#", "a/+", true},
	} {
		if got, back := overlap(tt.a, tt.b), overlap(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("overlap(%s, %s) = %v, the other way round %v", tt.a, tt.b, got, back)
		}
	}
}

func TestWanted(t *testing.T) {
	many := make([]string, maxListen+1)
	for i := range many {
		many[i] = "m/" + strings.Repeat("x", i+1)
	}
	for _, tt := range []struct {
		listen, want []string
		logged       string
	}{
		{[]string{"app/1/lock", "app/+/lock", "app/+/lock", "z"}, []string{"app/+/lock", "z"}, ""},
		{[]string{"a/+/c", "a/b/+"}, []string{"a/+/c", "a/b/+"}, ""}, // neither is all of the other
		{[]string{own + "/cmd/stop/+", web + "/a/x"}, nil, ""},       // they come anyway
		{[]string{"te/#", "te/+/+/+/+/cmd/+/+", "te/device/main/service/+/e/+"}, []string{"te/device/main/service/+/e/+"}, "means commands"},
		{many, slices.Sorted(slices.Values(many))[:maxListen], "too many"},
	} {
		log := &journal{}
		in := inbox{listen: func() []string { return tt.listen }}
		s := session{topics: testTopics(t), inbox: in, log: slog.New(slog.NewTextHandler(log, nil))}
		if got := s.wanted(); !slices.Equal(got, tt.want) {
			t.Errorf("%q: subscribes to %q, want %q", tt.listen, got, tt.want)
		}
		if (tt.logged == "") != (log.text.Len() == 0) || !strings.Contains(log.text.String(), tt.logged) {
			t.Errorf("%q: logged %q", tt.listen, log.text.String())
		}
	}
}

func TestInboxHandsMessagesOn(t *testing.T) {
	in, n, _, log := post(t)
	in.listen = func() []string { return []string{"app/+/lock", own + "/cmd/stop/+"} }
	in.receive("app/1/lock", []byte("on"), true)
	in.receive("app/1/other", []byte("on"), false)
	in.receive("app/2/lock", make([]byte, maxMessage+1), false)
	stop := `{"status":"init","container":"web"}`
	in.receive(own+"/cmd/stop/1", []byte(stop), false)
	want := []string{"message app/1/lock on true", "submit stop 1 web", "message " + own + "/cmd/stop/1 " + stop + " false"}
	if got := n.all(); !slices.Equal(got, want) || log.count("app/2/lock") != 1 {
		t.Errorf("told %q, want %q; logged %s", got, want, log.text.String())
	}
}

// Scripts hear of their topics, of what the broker has kept too, through a reload and a lost connection; edged's
// commands come once.
func TestMosquittoListens(t *testing.T) {
	m := mosquitto(t, lab.MosquittoOptions{})
	url := m.URL()
	lab.Publish(t, url, "app/1/lock", "kept", true)
	var filters atomic.Pointer[[]string]
	filters.Store(&[]string{"app/+/lock", "app/1/+", "te/#", own + "/cmd/+/+"})
	e := run(t, Config{URLs: []string{url}, Listen: func() []string { return *filters.Load() }})
	hears := func(call string) {
		t.Helper()
		waitFor(t, func() bool {
			return slices.ContainsFunc(e.all(), func(c string) bool { return strings.HasPrefix(c, call) })
		})
	}
	hears("message app/1/lock kept true")
	lab.Publish(t, url, "app/2/lock", "on", false)
	hears("message app/2/lock on false")
	lab.Publish(t, url, own+"/cmd/stop/1", `{"status":"init","container":"web"}`, false)
	hears("submit stop 1 web")

	filters.Store(&[]string{"app/+/lock", "later/#"})
	e.client.Relisten()
	lab.Publish(t, url, "later/x", "1", true)
	hears("message later/x 1")
	m.Kill()
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	lab.Subscribe(t, url, own+"/status/health").WaitTopic(t, patience, own+"/status/health", `"up"`)
	lab.Publish(t, url, "later/y", "2", true)
	hears("message later/y 2") // kept or fresh, whichever of the two clients was faster

	filters.Store(&[]string{})
	e.client.Relisten()
	waitFor(t, func() bool {
		e.mu.Lock()
		before := len(e.calls)
		e.mu.Unlock()
		lab.Publish(t, url, "later/z", "3", false)
		lab.Publish(t, url, own+"/cmd/restart/1", "", false) // what comes after it on the same connection
		waitFor(t, func() bool { return slices.Contains(e.all()[before:], "cleared restart 1") })
		return !slices.ContainsFunc(e.all()[before:], func(call string) bool { return strings.HasPrefix(call, "message") })
	})
	if n := count(e.all(), "submit stop 1 web"); n != 1 {
		t.Errorf("a command came %d times: %q", n, e.all())
	}
}

func count(calls []string, call string) (n int) {
	for _, c := range calls {
		if c == call {
			n++
		}
	}
	return n
}
