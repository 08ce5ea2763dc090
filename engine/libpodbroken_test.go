package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

// libpodQuestions are what is asked of Podman's own API, each with its path there.
var libpodQuestions = []struct {
	name, path string
	ask        func(ctx context.Context, c *ContainerClient) error
}{
	{"health in a list", "/containers/json", func(ctx context.Context, c *ContainerClient) error {
		_, err := c.List(ctx, FilterOptions{})
		return err
	}},
	{"inspect", "/containers/x/json", func(ctx context.Context, c *ContainerClient) error {
		_, err := c.LibPod.ContainerInspect(ctx, "x")
		return err
	}},
	{"image", "/images/sha256:1/json", func(ctx context.Context, c *ContainerClient) error {
		return c.CheckPlatform(ctx, "img")
	}},
	{"pull", "/images/pull", func(ctx context.Context, c *ContainerClient) error {
		return c.Pull(ctx, "img", true, ImagePullOptions{})
	}},
	{"prune", "/images/prune", func(ctx context.Context, c *ContainerClient) error {
		_, err := c.ImagesPruneUnused(ctx)
		return err
	}},
	{"events", "/events", func(ctx context.Context, c *ContainerClient) error {
		for e := range c.Events(ctx) {
			if e.Err != nil {
				return e.Err
			}
		}
		return ctx.Err()
	}},
}

// TestBrokenLibpod: what Podman's own API answers may be as broken as anything else.
func TestBrokenLibpod(t *testing.T) {
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
	}
	for fault, broken := range map[string]http.HandlerFunc{
		"half":  say(`{"id":"x","HostConfig":{"UsernsMode":`),
		"page":  say("<html>proxy</html>\n"),
		"reset": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"hang":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"refusal": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, `{"cause":"x","message":"out of order","response":500}`)
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"id":"`)
			io.Copy(w, &endless{})
		},
	} {
		for _, q := range libpodQuestions {
			t.Run(fault+"/"+q.name, func(t *testing.T) {
				f := newFake(t)
				f.podman()
				f.answer("/containers/json", `[{"Id":"x","Names":["/x"],"Status":"Up 1 second"}]`)
				f.answer("/images/img/json", `{"Id":"sha256:1"}`)
				f.HandleFunc(libpodPath+q.path, broken)
				c := f.client(t)
				limit := 20 * time.Second
				if fault == "hang" || q.name == "events" && (fault == "reset" || fault == "refusal") { // tried again for as long as it takes
					limit = 100 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				err := q.ask(ctx, c)
				if err == nil || limit > time.Second && ctx.Err() != nil {
					t.Errorf("ended by %v", err)
				}
				if limit < time.Second && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("ended by %v", err)
				}
			})
		}
	}
}
