package mqtt

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"edged/core/report"
	"edged/core/request"
	"edged/test/lab"
)

const patience = 10 * time.Second

// mosquitto starts a broker of this test's own.
func mosquitto(t testing.TB, opts lab.MosquittoOptions) *lab.Mosquitto {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("the lab needs root")
	}
	folder, err := lab.NewFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := lab.StartMosquitto(t.Context(), folder, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// edged is a client under test that runs.
type edged struct {
	*report.Outbox
	noted
	client *Client
	log    *journal
	cut    func() // breaks the connection, as if the network did
	stop   func() error
}

func run(t testing.TB, cfg Config) *edged {
	t.Helper()
	e := prepare(t, cfg)
	e.start(t)
	return e
}

func prepare(t testing.TB, cfg Config) *edged {
	t.Helper()
	if cfg.Retry.First == 0 {
		cfg.Retry = Retry{First: 10 * time.Millisecond, Most: 50 * time.Millisecond, Refused: 50 * time.Millisecond}
	}
	e := &edged{Outbox: report.NewOutbox(report.Limits{}), log: &journal{}}
	c, err := New(cfg, e.Outbox, e, slog.New(slog.NewTextHandler(e.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	c.dial = func(ctx context.Context, b broker, files TLS) (net.Conn, error) {
		conn, err := dial(ctx, b, files)
		if tcp, ok := conn.(*net.TCPConn); ok {
			e.cut = func() { tcp.CloseRead(); tcp.CloseWrite() }
		}
		return conn, err
	}
	e.client = c
	return e
}

func (e *edged) start(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.client.Run(ctx) }()
	e.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { e.stop() })
}

// Submit carries a command out at once.
func (e *edged) Submit(r request.Request) {
	e.noted.Submit(r)
	e.Put(report.Command{Request: r})
	e.Put(report.Command{Request: r, Progress: &request.Progress{Step: "stop"}})
	e.Put(report.Command{Request: r, Result: &request.Result{Outcome: request.Committed, Changed: true}})
}

// Interrupted gives up what another run began.
func (e *edged) Interrupted(r request.Request) {
	e.noted.Interrupted(r)
	e.Put(report.Command{Request: r, Result: &request.Result{Outcome: request.Failed, Reason: "interrupted"}})
}

// journal collects what is logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) count(part string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), part)
}

// retained returns all that the broker holds below te, without capabilities.
func retained(t testing.TB, url string) map[string]string {
	t.Helper()
	s := lab.Subscribe(t, url, "te/#", "marker")
	lab.Publish(t, url, "marker", "", false)
	s.WaitTopic(t, patience, "marker", "")
	held := map[string]string{}
	for _, m := range s.Messages() {
		if levels := strings.Split(m.Topic, "/"); m.Retained && (len(levels) != 7 || levels[5] != "cmd") {
			held[m.Topic] = m.Payload
		}
	}
	return held
}

func TestMosquittoTellsAndTakesBack(t *testing.T) {
	url := mosquitto(t, lab.MosquittoOptions{}).URL()
	seen := lab.Subscribe(t, url, "te/#")
	e := run(t, Config{URLs: []string{url}})
	e.Put(report.Service{Name: "web", Type: "container"})
	e.Put(report.Twin{Service: "web", Fragment: "container", Value: map[string]string{"state": "running"}})
	e.Put(report.Alarm{Service: "web", Type: "ContainerCrashLoop", Severity: report.Major, Text: "again"})
	e.Put(report.Health{Service: "web", Status: report.Up, Time: time.Now()})
	seen.WaitTopic(t, patience, web+"/status/health", "up")
	seen.WaitTopic(t, patience, web+"/twin/container", "running")
	if held := retained(t, url); len(held) != 7 {
		t.Errorf("the broker holds %d topics: %v", len(held), held)
	}
	e.Put(report.Gone{Service: "web"})
	seen.WaitFor(t, patience, func(m lab.Message) bool { return m.Topic == web && m.Payload == "" })
	if held := retained(t, url); len(held) != 3 {
		t.Errorf("the broker still holds %v", held)
	}
	if err := e.stop(); err != nil {
		t.Error(err)
	}
	if got := retained(t, url)[own+"/status/health"]; !strings.Contains(got, `"down"`) || !strings.Contains(got, "pid") {
		t.Errorf("own health after a clean end: %s", got)
	}
}

func TestMosquittoSpeaksTheLastWill(t *testing.T) {
	url := mosquitto(t, lab.MosquittoOptions{}).URL()
	e := run(t, Config{URLs: []string{url}})
	seen := lab.Subscribe(t, url, own+"/status/health")
	seen.WaitTopic(t, patience, own+"/status/health", `"up"`)
	e.cut()
	will := seen.WaitFor(t, patience, func(m lab.Message) bool { return m.Payload == `{"status":"down"}` })
	// Back again, nobody is misled for long.
	seen.WaitFor(t, patience, func(m lab.Message) bool { return m.At.After(will.At) && strings.Contains(m.Payload, `"up"`) })
	if got := retained(t, url)[own+"/status/health"]; !strings.Contains(got, `"up"`) {
		t.Errorf("own health after the connection broke: %s", got)
	}
}

func TestMosquittoComesBackWithoutMemory(t *testing.T) {
	m := mosquitto(t, lab.MosquittoOptions{})
	e := run(t, Config{URLs: []string{m.URL()}})
	lab.Publish(t, m.URL(), own+"/cmd/stop/1", `{"status":"init","container":"web"}`, true)
	seen := lab.Subscribe(t, m.URL(), "te/#")
	e.Put(report.Service{Name: "web", Type: "container"})
	e.Put(report.Health{Service: "web", Status: report.Up})
	seen.WaitTopic(t, patience, web+"/status/health", "up")
	seen.WaitTopic(t, patience, own+"/cmd/stop/1", "successful")
	before := retained(t, m.URL())

	m.Kill()
	e.Put(report.Event{Service: "web", Type: "while_away"})
	e.Put(report.Health{Service: "web", Status: report.Down})
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen = lab.Subscribe(t, m.URL(), "te/#")
	seen.WaitTopic(t, patience, own+"/cmd/stop/1", "successful")
	after := retained(t, m.URL())
	if len(after) != len(before) || !strings.Contains(after[web+"/status/health"], "down") {
		t.Errorf("before\n%v, after\n%v", before, after)
	}
	if got := e.all(); !slices.Equal(got, []string{"up", "submit stop 1 web", "down", "up"}) {
		t.Errorf("told %q", got)
	}
}

func TestMosquittoAbsentAtStart(t *testing.T) {
	m := mosquitto(t, lab.MosquittoOptions{})
	m.Kill()
	e := run(t, Config{URLs: []string{m.URL()}, Retry: Retry{First: time.Millisecond, Most: 5 * time.Millisecond}})
	e.Put(report.Health{Service: "web", Status: report.Up})
	e.Put(report.Event{Service: "web", Type: "early"})
	waitFor(t, func() bool { return e.log.count("refused") > 0 })
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	lab.Subscribe(t, m.URL(), "te/#").WaitTopic(t, patience, web+"/status/health", "up")
	waitFor(t, func() bool { return e.Stats().Backlog == 0 })
	if n := e.log.count("level=WARN"); n != 1 {
		t.Errorf("%d warnings for one reason:\n%s", n, e.log.text.String())
	}
}

func TestMosquittoRefusesThePassword(t *testing.T) {
	m := mosquitto(t, lab.MosquittoOptions{User: "edged", Password: "right"})
	e := run(t, Config{URLs: []string{m.URL()}, User: "edged", Password: says("wrong"),
		Retry: Retry{First: time.Millisecond, Most: time.Millisecond, Refused: 5 * time.Millisecond}})
	e.Put(report.Event{Type: "kept"})
	waitFor(t, func() bool { return e.log.count("wrong user name or password") > 0 })
	url := strings.Replace(m.URL(), "//", "//edged:right@", 1)
	right := run(t, Config{URLs: []string{m.URL()}, User: "edged", Password: says("right")})
	lab.Subscribe(t, url, "te/#").WaitTopic(t, patience, own+"/status/health", "up")
	if n := e.log.count("level=WARN"); n != 1 {
		t.Errorf("%d warnings for one reason", n)
	}
	if e.log.count("right")+e.log.count("wrong\"") > 0 || e.Stats().Backlog != 1 {
		t.Errorf("log %s, %+v", e.log.text.String(), e.Stats())
	}
	if err := errors.Join(right.stop(), e.stop()); err != nil {
		t.Error(err)
	}
}

func TestMosquittoFrozen(t *testing.T) {
	m := mosquitto(t, lab.MosquittoOptions{})
	e := run(t, Config{URLs: []string{m.URL()}, KeepAlive: time.Second})
	lab.Subscribe(t, m.URL(), own+"/#").WaitTopic(t, patience, own+"/status/health", "up")
	m.Pause()
	e.Put(report.Event{Service: "web", Type: "while_frozen"})
	waitFor(t, func() bool { return slices.Contains(e.all(), "down") })
	m.Resume()
	seen := lab.Subscribe(t, m.URL(), "te/#")
	e.Put(report.Health{Service: "web", Status: report.Down})
	seen.WaitTopic(t, patience, web+"/status/health", "down")
	waitFor(t, func() bool { return e.Stats().Backlog == 0 })
}

func TestMosquittoByTLS(t *testing.T) {
	m := mosquitto(t, lab.MosquittoOptions{TLS: true})
	e := run(t, Config{URLs: []string{m.URL()}, TLS: TLS{CA: m.CAFile()}})
	lab.Subscribe(t, m.URL(), own+"/#").WaitTopic(t, patience, own+"/status/health", "up")
	if err := e.stop(); err != nil {
		t.Error(err)
	}
	stranger := run(t, Config{URLs: []string{m.URL()}})
	waitFor(t, func() bool { return stranger.log.count("certificate") > 0 })
	nowhere := run(t, Config{URLs: []string{m.URL()}, TLS: TLS{CA: "/nonexistent/ca.pem"}})
	waitFor(t, func() bool { return nowhere.log.count("/nonexistent/ca.pem") > 0 })
	half := run(t, Config{URLs: []string{m.URL()}, TLS: TLS{CA: m.CAFile(), Cert: m.CAFile()}})
	waitFor(t, func() bool { return half.log.count("read client certificate") > 0 })
}

func TestMosquittoCommands(t *testing.T) {
	url := mosquitto(t, lab.MosquittoOptions{}).URL()
	lab.Publish(t, url, own+"/cmd/update/old", `{"status":"executing","container":"db","mine":1,"options":{"force":true}}`, true)
	lab.Publish(t, url, own+"/cmd/pull/early", `{"status":"init","image":"web:2"}`, true)
	lab.Publish(t, url, own+"/cmd/pull/done", `{"status":"successful","image":"web:1"}`, true)
	e := run(t, Config{URLs: []string{url}})
	seen := lab.Subscribe(t, url, own+"/cmd/#")

	t.Run("capabilities", func(t *testing.T) {
		for _, op := range slices.Concat(request.Ops(), request.Questions()) {
			seen.WaitTopic(t, patience, own+"/cmd/"+string(op), "{}")
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		m := seen.WaitTopic(t, patience, own+"/cmd/update/old", "failed")
		sameJSON(t, []byte(m.Payload), `{"status":"failed","outcome":"failed","changed":false,"reason":"interrupted","container":"db","mine":1,"options":{"force":true}}`)
	})
	t.Run("waiting before we came", func(t *testing.T) {
		seen.WaitTopic(t, patience, own+"/cmd/pull/early", "successful")
	})
	t.Run("life", func(t *testing.T) {
		topic := own + "/cmd/restart/7"
		lab.Publish(t, url, topic, `{"status":"init","container":"web","mine":{"deep":true}}`, true)
		m := seen.WaitTopic(t, patience, topic, "successful")
		sameJSON(t, []byte(m.Payload), `{"status":"successful","outcome":"committed","changed":true,"container":"web","mine":{"deep":true}}`)
		lab.Publish(t, url, topic, `{"status":"init","container":"web"}`, true) // a stubborn requester
		again := seen.WaitFor(t, patience, func(a lab.Message) bool {
			return a.Topic == topic && a.At.After(m.At) && strings.Contains(a.Payload, "successful")
		})
		if again.Payload != m.Payload {
			t.Errorf("answered again with %s", again.Payload)
		}
		lab.Publish(t, url, topic, "", true)
		waitFor(t, func() bool { return slices.Contains(e.all(), "cleared restart 7") })
		if got := lab.Retained(t, url, topic); got != "" {
			t.Errorf("still retained: %s", got)
		}
		if e.Retell(report.CommandKey(request.Request{Op: request.Restart, ID: "7"})) {
			t.Error("the outbox remembers a cleared command")
		}
	})
	t.Run("malformed", func(t *testing.T) {
		for id, payload := range map[string]string{
			"container": `{"status":"init"}`,
			"status":    `{"container":"web"}`,
			"options.x": `{"status":"init","container":"web","options":{"x":1}}`,
			"payload":   strings.Repeat("x", 1<<20),
		} {
			topic := own + "/cmd/restart/bad-" + id
			lab.Publish(t, url, topic, payload, true)
			m := seen.WaitTopic(t, patience, topic, "failed")
			var answer struct{ Reason string }
			if err := json.Unmarshal([]byte(m.Payload), &answer); err != nil || !strings.Contains(answer.Reason, id) {
				t.Errorf("%s: answered with %s", id, m.Payload)
			}
		}
		if n := e.log.count("refused an MQTT command"); n != 4 {
			t.Errorf("%d refusals logged", n)
		}
	})
	if want := []string{"cleared restart 7", "interrupted update old true", "submit pull early ", "submit restart 7 web", "up"}; !slices.Equal(slices.Sorted(slices.Values(e.all())), want) {
		t.Errorf("told %q, want %q", e.all(), want)
	}
}

func says(password string) func() (string, error) {
	return func() (string, error) { return password, nil }
}

// waitFor polls for what leaves no message behind.
func waitFor(t testing.TB, ready func() bool) {
	t.Helper()
	timeout, tick := time.After(patience), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("waited for %s in vain", patience)
		}
	}
}
