package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"edged/core/api"
	"edged/core/api/client"
	"edged/core/request"
)

func TestContainersAndStatus(t *testing.T) {
	since := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	f := &fake{
		containers: []api.Container{{Name: "web", Type: "container", State: "running", Health: "healthy", Ports: []string{"80/tcp"}, Created: since}},
		status: api.Status{Version: "1.2.3", Since: since, Engine: api.Engine{Type: "docker", Connected: true},
			Scripts:  api.Scripts{Files: []api.Script{{Name: "a.lua", Error: "line 3: unexpected symbol"}}},
			Requests: []api.Running{{ID: "r1", Op: request.Pull, Image: "web:2"}}},
	}
	c := dial(t, f)
	list, err := c.Containers(t.Context())
	if err != nil || !reflect.DeepEqual(list, f.containers) {
		t.Errorf("Containers = %+v, %v, want %+v", list, err, f.containers)
	}
	status, err := c.Status(t.Context())
	if err != nil || !reflect.DeepEqual(status, f.status) {
		t.Errorf("Status = %+v, %v, want %+v", status, err, f.status)
	}
}

func TestNoContainersIsAnEmptyList(t *testing.T) {
	list, err := dial(t, &fake{}).Containers(t.Context())
	if err != nil || list == nil || len(list) != 0 {
		t.Errorf("Containers = %#v, %v, want an empty list", list, err)
	}
}

func TestLogs(t *testing.T) {
	want := api.LogOptions{Tail: 5, Since: time.Date(2026, 8, 1, 12, 0, 0, 1, time.UTC), Follow: true, Timestamps: true, Details: true}
	c := dial(t, &fake{logs: func(_ context.Context, w io.Writer, name string, opts api.LogOptions) error {
		if name != "shop@web" || !reflect.DeepEqual(opts, want) {
			return fmt.Errorf("got %s %+v, want %+v", name, opts, want)
		}
		_, err := io.WriteString(w, "one\ntwo\n")
		return err
	}})
	var out bytes.Buffer
	if err := c.Logs(t.Context(), &out, "shop@web", want); err != nil || out.String() != "one\ntwo\n" {
		t.Errorf("Logs gave %q, %v", out.String(), err)
	}
}

func TestLogsOfNobody(t *testing.T) {
	c := dial(t, &fake{logs: func(context.Context, io.Writer, string, api.LogOptions) error {
		return fmt.Errorf("ghost: %w", api.ErrNotFound)
	}})
	err := c.Logs(t.Context(), io.Discard, "ghost", api.LogOptions{})
	refused, _ := errors.AsType[*client.Error](err)
	if refused == nil || refused.Status != http.StatusNotFound || refused.Message != "ghost: not found" {
		t.Errorf("Logs: %v, want a 404 that names the container", err)
	}
}

func TestLogsThatBreakOff(t *testing.T) {
	c := dial(t, &fake{logs: func(_ context.Context, w io.Writer, _ string, _ api.LogOptions) error {
		_, err := io.WriteString(w, "one\n")
		return errors.Join(err, errors.New("engine\nis gone"))
	}})
	var out bytes.Buffer
	err := c.Logs(t.Context(), &out, "web", api.LogOptions{})
	if out.String() != "one\n" || err == nil || err.Error() != "engine\nis gone" {
		t.Errorf("Logs gave %q, %v, want the line and the reason", out.String(), err)
	}
}

func TestFollowedLogsComeAtOnce(t *testing.T) {
	c := dial(t, &fake{logs: func(ctx context.Context, w io.Writer, _ string, _ api.LogOptions) error {
		_, err := io.WriteString(w, "one\n")
		<-ctx.Done()
		return err
	}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- c.Logs(ctx, w, "web", api.LogOptions{Follow: true}) }()
	line := make([]byte, 4)
	if _, err := io.ReadFull(r, line); err != nil || string(line) != "one\n" {
		t.Errorf("read %q, %v", line, err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Logs: %v, want context.Canceled", err)
	}
}

func TestUnknownCall(t *testing.T) {
	socket, _ := serve(t, &fake{})
	status, body := ask(t, socket, http.MethodGet, "/v2/nonsense", "")
	if status != http.StatusNotFound || !strings.Contains(body, `{"error":"no such call: GET /v2/nonsense"}`) {
		t.Errorf("got %d %s", status, body)
	}
	for _, query := range []string{"tail=many", "tail=-1", "since=yesterday", "follow=perhaps", "details=some", "colour=red"} {
		name, _, _ := strings.Cut(query, "=")
		status, body := ask(t, socket, http.MethodGet, "/v1/containers/web/logs?"+query, "")
		if status != http.StatusBadRequest || !strings.Contains(body, "parameter "+name) {
			t.Errorf("%s: got %d %s, want a 400 that names it", query, status, body)
		}
	}
}
