package enginetest_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"edged/engine"
	"edged/engine/enginetest"
	"edged/engine/enginetest/archive"
)

// question is something that the client asks of the engine, and the path by which it does.
type question struct {
	name, path string
	ask        func(ctx context.Context, t *testing.T, c *engine.ContainerClient) error
}

// questions cover every reader of answers.
func questions() []question {
	return []question{
		{"connect", "/version", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			again, err := engine.NewContainerClient(ctx, engine.WithHost(c.Host()), engine.WithAttempts(1))
			if err == nil {
				again.Close()
			}
			return err
		}},
		{"list", "/containers/json", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			_, err := c.List(ctx, engine.FilterOptions{})
			return err
		}},
		{"state", "/containers/x/json", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			_, err := c.State(ctx, "x")
			return err
		}},
		{"plan", "/containers/x/json", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			_, err := c.PlanClone(ctx, "x", engine.CloneOptions{})
			return err
		}},
		{"statistics", "/containers/x/stats", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			_, err := c.GetStats(ctx, "x")
			return err
		}},
		{"create", "/containers/create", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			_, err := c.Create(ctx, engine.CreateSpec{Name: "y", Image: "image"})
			return err
		}},
		{"events", "/events", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			for e := range c.Events(ctx) {
				if e.Err != nil {
					return e.Err
				}
			}
			return ctx.Err()
		}},
		{"log", "/containers/x/logs", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			return c.ContainerLogs(ctx, io.Discard, "x", engine.LogsOptions{})
		}},
		{"pull", "/images/create", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			return c.Pull(ctx, "registry.test/new:1", true, engine.ImagePullOptions{})
		}},
		{"image", "/images/registry.test/new:1/json", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			return c.CheckPlatform(ctx, "registry.test/new:1")
		}},
		{"load", "/images/load", func(ctx context.Context, t *testing.T, c *engine.ContainerClient) error {
			file := filepath.Join(t.TempDir(), "image.tar")
			if err := os.WriteFile(file, archive.Pack(t, archive.Image{Name: "a:1"}), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := c.LoadImages(ctx, file)
			return err
		}},
		{"prune", "/images/prune", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			_, err := c.ImagesPruneUnused(ctx)
			return err
		}},
		{"network", "/networks", func(ctx context.Context, _ *testing.T, c *engine.ContainerClient) error {
			return c.CreateSharedNetwork(ctx, "n")
		}},
	}
}

// broken prepares a fake with a container x, in which the path is broken.
func broken(t *testing.T, _ string, fault func(f *enginetest.Fake)) *engine.ContainerClient {
	t.Helper()
	f := enginetest.NewFake(t)
	target := f.Target(t, engine.WithCallTimeout(10*time.Second))
	if _, err := target.Client.Create(t.Context(), engine.CreateSpec{Name: "x", Image: target.Image("idle:1")}); err != nil {
		t.Fatal(err)
	}
	if err := target.Client.StartContainer(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	fault(f)
	return target.Client
}

// TestBrokenEngine: whatever an engine answers, the client says that it failed.
func TestBrokenEngine(t *testing.T) {
	half := `{"Id":"x","State":{"Status":`
	for name, fault := range map[string]func(f *enginetest.Fake, path string){
		"half":    func(f *enginetest.Fake, path string) { f.Break(path, enginetest.Saying(half)) },
		"page":    func(f *enginetest.Fake, path string) { f.Break(path, enginetest.Saying("<html>proxy</html>\n")) },
		"refusal": func(f *enginetest.Fake, path string) { f.Break(path, enginetest.Refusing(500, "out of order")) },
		"reset":   func(f *enginetest.Fake, path string) { f.Break(path, enginetest.Reset(half)) },
	} {
		for _, q := range questions() {
			t.Run(name+"/"+q.name, func(t *testing.T) {
				c := broken(t, q.path, func(f *enginetest.Fake) { fault(f, q.path) })
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				if name == "refusal" && q.name == "events" {
					cancel() // it is tried again, for as long as it takes
				}
				if err := q.ask(ctx, t, c); err == nil {
					t.Error("no error")
				} else if ctx.Err() != nil && q.name != "events" {
					t.Errorf("ended by the deadline only: %v", err)
				}
			})
		}
	}
}

func TestHangingEngine(t *testing.T) {
	for _, q := range questions() {
		t.Run(q.name, func(t *testing.T) {
			c := broken(t, q.path, func(f *enginetest.Fake) { f.Break(q.path, enginetest.Hang) })
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			begin := time.Now()
			if err := q.ask(ctx, t, c); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 5*time.Second {
				t.Errorf("%v after %s", err, time.Since(begin))
			}
		})
	}
}

// TestEndlessAnswer: no answer makes the client take, or keep, more than it has a use for.
func TestEndlessAnswer(t *testing.T) {
	const limit, most = 256 << 20, 24 << 20
	for _, q := range questions() {
		if q.name == "log" {
			continue // a log is passed on as it comes, and may well be endless; below is what it must not do
		}
		t.Run(q.name, func(t *testing.T) {
			var taken atomic.Int64
			c := broken(t, q.path, func(f *enginetest.Fake) { f.Break(q.path, enginetest.Endless(`{"Id":"`, limit, &taken)) })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := q.ask(ctx, t, c); err == nil || ctx.Err() != nil {
				t.Errorf("ended by %v", err)
			}
			if n := taken.Load(); n > most {
				t.Errorf("took %d MiB", n>>20)
			}
			checkHeap(t)
		})
	}
	t.Run("log", func(t *testing.T) {
		var taken atomic.Int64
		frame := "\x01\x00\x00\x00\xff\xff\xff\xff" // of 4 GiB
		c := broken(t, "/containers/x/logs", func(f *enginetest.Fake) {
			f.Break("/containers/x/logs", enginetest.Endless(frame, limit, &taken))
		})
		if err := c.ContainerLogs(t.Context(), io.Discard, "x", engine.LogsOptions{}); err == nil {
			t.Error("a frame that was cut off passed for whole")
		}
		checkHeap(t)
	})
}

// checkHeap measures what the program has ever needed at once.
func checkHeap(t *testing.T) {
	t.Helper()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	if used := stats.HeapSys >> 20; used > 256 {
		t.Errorf("the heap grew to %d MiB", used)
	}
}
