package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// short are the short calls, each with the path that it asks for.
var short = []struct {
	name, path string
	call       func(context.Context, *ContainerClient) error
}{
	{"list", "/containers/json", func(ctx context.Context, c *ContainerClient) error {
		_, err := c.List(ctx, FilterOptions{})
		return err
	}},
	{"state", "/containers/x/json", func(ctx context.Context, c *ContainerClient) error {
		_, err := c.State(ctx, "x")
		return err
	}},
	{"stats", "/containers/x/stats", func(ctx context.Context, c *ContainerClient) error {
		_, err := c.GetStats(ctx, "x")
		return err
	}},
	{"rename", "/containers/x/rename", func(ctx context.Context, c *ContainerClient) error { return c.Rename(ctx, "x", "y") }},
	{"kill", "/containers/x/kill", func(ctx context.Context, c *ContainerClient) error { return c.Kill(ctx, "x", "") }},
	{"network", "/networks", func(ctx context.Context, c *ContainerClient) error { return c.CreateSharedNetwork(ctx, "n") }},
}

func TestRefusals(t *testing.T) {
	for code, want := range map[int]error{404: ErrNotFound, 409: ErrConflict} {
		for _, s := range short {
			f := newFake(t)
			f.refuse(s.path, code, "the reason")
			err := s.call(t.Context(), f.client(t))
			if !errors.Is(err, want) && s.name != "network" {
				t.Errorf("%s, status %d: %v", s.name, code, err)
			}
		}
	}
	for _, s := range short {
		f := newFake(t)
		f.refuse(s.path, 500, "the reason")
		err := s.call(t.Context(), f.client(t))
		if err == nil || !strings.HasSuffix(err.Error(), ": the reason") || strings.Contains(err.Error(), "daemon") {
			t.Errorf("%s: %v", s.name, err)
		}
		for _, sentinel := range []error{ErrNotFound, ErrConflict, ErrUnreachable} {
			if errors.Is(err, sentinel) {
				t.Errorf("%s: %v is %v", s.name, err, sentinel)
			}
		}
	}
}

func TestPodmanKinds(t *testing.T) {
	f := newFake(t)
	f.refuse("/containers/x/kill", 500, "can only kill running containers. x is in state exited: container state improper")
	if err := f.client(t).Kill(t.Context(), "x", ""); !errors.Is(err, ErrConflict) {
		t.Error(err)
	}
	if err := wrapErr("a", "b", &statusError{500, "name x already used: network already exists"}); !errors.Is(err, ErrConflict) {
		t.Error(err)
	}
	f.refuse("/containers/x/json", 500, "container x does not exist in database: no such container")
	if _, err := f.client(t).State(t.Context(), "x"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestBrokenAnswers(t *testing.T) {
	bodies := map[string]string{
		"truncated": `[{"Id":"x"`, "not JSON": "<html>", "wrong form": `"text"`, "nothing": "",
	}
	for name, body := range bodies {
		f := newFake(t)
		f.answer("/containers/json", body)
		f.answer("/containers/x/json", body)
		f.answer("/containers/x/stats", body)
		c := f.client(t)
		for _, s := range short[:3] {
			if err := s.call(t.Context(), c); err == nil {
				t.Errorf("%s: %s accepted", s.name, name)
			}
		}
	}
}

func TestEndlessAnswerIsCut(t *testing.T) {
	f := newFake(t)
	sent := make(chan int64, 1)
	f.HandleFunc("/containers/json", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `["`)
		n, _ := io.Copy(w, &endless{})
		sent <- n
	})
	_, err := f.client(t, WithCallTimeout(time.Minute)).List(t.Context(), FilterOptions{})
	if !errors.Is(err, errBodyTooLarge) {
		t.Error(err)
	}
	if n := <-sent; n > maxBody+4<<20 {
		t.Errorf("took %d bytes", n)
	}
}

func TestHang(t *testing.T) {
	for _, s := range short {
		f := newFake(t)
		f.hang(s.path)
		c := f.client(t, WithCallTimeout(50*time.Millisecond))
		if err := s.call(t.Context(), c); !errors.Is(err, ErrUnreachable) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", s.name, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if err := s.call(ctx, c); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnreachable) {
			t.Errorf("%s with a deadline: %v", s.name, err)
		}
		cancel()
	}
}

func TestBoundedBodyEndsExactly(t *testing.T) {
	b := &boundedBody{ReadCloser: io.NopCloser(strings.NewReader("12345")), left: 5}
	if text, err := io.ReadAll(b); string(text) != "12345" || !errors.Is(err, errBodyTooLarge) {
		t.Errorf("%q, %v", text, err)
	}
}
