package engine

import (
	"context"
	"errors"
	"io"
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
	f.refuse("/images/x", 500, `unable to delete image "x" by ID with more than one tag ([a:1 b:1]): please force removal`)
	if err := f.client(t).RemoveImage(t.Context(), "x"); !errors.Is(err, ErrConflict) {
		t.Error(err)
	}
	f.refuse("/containers/x/json", 500, "container x does not exist in database: no such container")
	if _, err := f.client(t).State(t.Context(), "x"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
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
