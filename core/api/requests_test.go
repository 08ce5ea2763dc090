package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"edged/core/api"
	"edged/core/api/client"
	"edged/core/request"
	"edged/hooks"
)

func nothing(request.Progress) {}

func TestRequestIsCarriedOut(t *testing.T) {
	var got request.Request
	steps := []request.Progress{{ID: "r1", Step: "pull", Percent: 50}, {ID: "r1", Step: "stop"}}
	want := request.Result{ID: "r1", Op: request.Update, Outcome: request.RolledBack, Timing: &request.Timing{OutageMS: 412}}
	c := dial(t, &fake{do: func(_ context.Context, req request.Request, progress func(request.Progress)) (request.Result, error) {
		got = req
		for _, p := range steps {
			progress(p)
		}
		return want, nil
	}})
	sent := request.Request{ID: "r1", Op: request.Update, Target: "web", Image: "web:2",
		Options: request.Options{Env: []string{"A=b"}, HealthGate: request.Duration(time.Minute)}}
	var seen []request.Progress
	result, err := c.Do(t.Context(), sent, func(p request.Progress) { seen = append(seen, p) })
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(result, want) || !reflect.DeepEqual(seen, steps) {
		t.Errorf("Do gave %+v after %+v, want %+v after %+v", result, seen, want, steps)
	}
	sent.Actor, sent.Trigger = request.ActorCLI, hooks.TriggerCommand
	if !reflect.DeepEqual(got, sent) {
		t.Errorf("the backend got %+v, want %+v", got, sent)
	}
}

func TestRequestWithoutIDGetsOne(t *testing.T) {
	c := dial(t, &fake{do: func(_ context.Context, req request.Request, _ func(request.Progress)) (request.Result, error) {
		return request.Result{ID: req.ID, Outcome: request.Committed}, nil
	}})
	result, err := c.Do(t.Context(), request.Request{Op: request.Stop, Target: "web"}, nothing)
	if err != nil || result.ID == "" {
		t.Errorf("Do = %+v, %v, want a result with an id", result, err)
	}
}

func TestLeavingEndsOnlyTheWaiting(t *testing.T) {
	began, left := make(chan struct{}), make(chan error, 1)
	c := dial(t, &fake{do: func(ctx context.Context, _ request.Request, progress func(request.Progress)) (request.Result, error) {
		progress(request.Progress{Step: "pull"})
		close(began)
		<-ctx.Done()
		left <- ctx.Err()
		return request.Result{}, ctx.Err()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-began
		cancel()
	}()
	_, err := c.Do(ctx, request.Request{Op: request.Stop, Target: "web"}, nothing)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Do: %v, want context.Canceled", err)
	}
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the backend was told %v, want context.Canceled", err)
	}
}

func TestSlowClientDoesNotHoldTheBackend(t *testing.T) {
	finished := make(chan struct{})
	socket, _ := serve(t, &fake{do: func(_ context.Context, _ request.Request, progress func(request.Progress)) (request.Result, error) {
		for range 20_000 {
			progress(request.Progress{Step: "pull", Text: strings.Repeat("x", 100)})
		}
		close(finished)
		return request.Result{Outcome: request.Committed}, nil
	}})
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"op":"stop","container":"web"}`
	// Nothing is read from conn until the backend is done, though far more is written than a socket holds.
	fmt.Fprintf(conn, "POST /v1/requests HTTP/1.1\r\nHost: edged\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	<-finished
}

func TestBackendErrors(t *testing.T) {
	tests := []struct {
		name   string
		step   bool
		err    error
		status int // 0: the answer had begun
		want   string
	}{
		{"before the first step", false, errors.New("no room"), http.StatusInternalServerError, "no room"},
		{"conflict", false, fmt.Errorf("busy: %w", api.ErrConflict), http.StatusConflict, "busy: conflict"},
		{"after the first step", true, errors.New("no room"), 0, "no room"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, &fake{do: func(_ context.Context, _ request.Request, progress func(request.Progress)) (request.Result, error) {
				if tt.step {
					progress(request.Progress{Step: "stop"})
				}
				return request.Result{}, tt.err
			}})
			_, err := c.Do(t.Context(), request.Request{ID: "r1", Op: request.Stop, Target: "web"}, nothing)
			if err == nil || err.Error() != tt.want {
				t.Fatalf("Do: %v, want %s", err, tt.want)
			}
			refused, _ := errors.AsType[*client.Error](err)
			if (refused == nil) != (tt.status == 0) || refused != nil && refused.Status != tt.status {
				t.Errorf("Do: %#v, want status %d", err, tt.status)
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	socket, _ := serve(t, &fake{})
	tests := []struct {
		name, body string
		status     int
		want       string
	}{
		{"nothing", ``, 400, "malformed JSON"},
		{"half", `{"op":`, 400, "malformed JSON"},
		{"two", `{"op":"pull","image":"a"} {}`, 400, "more after the request"},
		{"unknown field", `{"op":"pull","image":"a","colour":1}`, 400, `field colour: malformed JSON: json: unknown field "colour"`},
		{"unknown option", `{"op":"pull","image":"a","options":{"speed":1}}`, 400, "field options.speed"},
		{"wrong type", `{"op":"pull","image":7}`, 400, "field image"},
		{"wrong type of option", `{"op":"update","container":"a","options":{"env":"A=b"}}`, 400, "field options.env"},
		{"wrong duration", `{"op":"update","container":"a","options":{"health_gate":"soon"}}`, 400, "field options.health_gate"},
		{"no object", `[]`, 400, "malformed JSON"},
		{"no operation", `{}`, 400, "field op is missing"},
		{"unknown operation", `{"op":"fly","container":"a"}`, 400, `field op: unknown operation "fly"`},
		{"no container", `{"op":"stop"}`, 400, "field container is missing"},
		{"bad id", `{"id":"a/b","op":"stop","container":"a"}`, 400, "field id"},
		{"too much", `{"image":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "too large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := ask(t, socket, http.MethodPost, "/v1/requests", tt.body)
			if status != tt.status || !strings.Contains(body, strings.ReplaceAll(tt.want, `"`, `\"`)) {
				t.Errorf("got %d %s, want %d and %q", status, body, tt.status, tt.want)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	f := &fake{}
	c := dial(t, f)
	if err := c.Cancel(t.Context(), "r/1"); err != nil {
		t.Error(err)
	}
	f.cancel = fmt.Errorf("no such request: %w", api.ErrNotFound)
	err := c.Cancel(t.Context(), "r2")
	if refused, _ := errors.AsType[*client.Error](err); refused == nil || refused.Status != http.StatusNotFound {
		t.Errorf("Cancel: %v, want a 404", err)
	}
	if want := []string{"r/1", "r2"}; !reflect.DeepEqual(f.cancelled, want) {
		t.Errorf("cancelled %q, want %q", f.cancelled, want)
	}
}

func TestDaemonThatEndsSaysSo(t *testing.T) {
	began := make(chan struct{})
	socket, stop := serve(t, &fake{do: func(ctx context.Context, _ request.Request, progress func(request.Progress)) (request.Result, error) {
		progress(request.Progress{Step: "pull"})
		close(began)
		<-ctx.Done()
		return request.Result{}, errors.New("edged is ending")
	}})
	ended := make(chan error, 1)
	go func() {
		_, err := client.New(socket).Do(context.Background(), request.Request{ID: "r1", Op: request.Stop, Target: "a"}, nothing)
		ended <- err
	}()
	<-began
	stop()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "edged is ending") {
		t.Errorf("Do: %v, want the daemon's reason", err)
	}
}

func TestLostDaemon(t *testing.T) {
	socket := t.TempDir() + "/edged.sock"
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"progress":{"step":"pull"}}`+"\n")
	})}
	go srv.Serve(l)
	defer srv.Close()
	_, err = client.New(socket).Do(t.Context(), request.Request{ID: "r1", Op: request.Stop, Target: "a"}, nothing)
	if !errors.Is(err, client.ErrLost) {
		t.Errorf("Do: %v, want ErrLost", err)
	}
}
