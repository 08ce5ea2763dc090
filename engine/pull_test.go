package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

func TestPullProgress(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		c := testClient(t, e)
		ref := pushFresh(t, env, e, "progress")
		var steps []PullProgress
		image, err := c.ImagePullWithRetries(t.Context(), ref, true, ImagePullOptions{Progress: func(p PullProgress) { steps = append(steps, p) }})
		if err != nil || image.ID == "" {
			t.Fatalf("pull: %+v, %v", image, err)
		}
		if len(steps) < 3 {
			t.Fatalf("%d steps: %+v", len(steps), steps)
		}
		last := steps[len(steps)-1]
		if last.Ref != ref || last.Layers == 0 || last.LayersDone != last.Layers {
			t.Errorf("last step %+v", last)
		}
		for i := 1; i < len(steps); i++ {
			if steps[i].Current < steps[i-1].Current || steps[i].Total < steps[i-1].Total || steps[i].LayersDone > steps[i].Layers {
				t.Errorf("step %+v after %+v", steps[i], steps[i-1])
			}
		}
	})
}

// pushFresh puts an image into the registry that the engine hasn't got yet.
func pushFresh(t *testing.T, env *lab.Env, e lab.Engine, name string) string {
	t.Helper()
	tag := strings.ReplaceAll(lab.Name(t, name), ".", "-")
	spec := lab.ImageSpec{Name: tag + ":1", Config: lab.ImageConfig{Cmd: []string{"true"}, Labels: map[string]string{"of": t.Name()}},
		Files: map[string]string{"/file": t.Name() + time.Now().String()}}
	if _, err := env.Pusher().Push(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	ref := env.Image(tag)
	t.Cleanup(func() {
		if _, err := e.Try(context.Background(), "rmi", "--force", ref); err != nil {
			t.Error(err)
		}
	})
	return ref
}

func TestPullErrors(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		c := testClient(t, e)
		for name, test := range map[string]struct {
			ref  string
			want error
		}{
			"unknown tag":        {env.Image("web:none"), ErrNotFound},
			"unknown repository": {env.Image("none:1"), ErrNotFound},
			"no credentials":     {env.LoginImage("none:1"), ErrUnauthorized},
			"no registry":        {"127.0.0.1:1/none:1", ErrRegistry},
			"other platforms":    {env.Image("wrongarch:list"), ErrPlatform},
			"no reference":       {"not a reference", nil},
		} {
			t.Run(name, func(t *testing.T) {
				image, err := c.ImagePullWithRetries(t.Context(), test.ref, true, ImagePullOptions{MaxAttempts: 2, Wait: time.Millisecond})
				if err == nil {
					t.Fatalf("got %s", image.ID)
				}
				if test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("%v isn't %v", err, test.want)
				}
			})
		}
	})
}

// TestPullFailureIsNoSuccess: an image of the name is there, but the registry can't say whether it is the newest.
func TestPullFailureIsNoSuccess(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		c, ref := testClient(t, e), "127.0.0.1:1/moving:1"
		e.Run(t, "tag", env.Image("idle"), ref)
		t.Cleanup(func() { _, _ = e.Try(context.Background(), "rmi", ref) })
		if _, err := c.ImagePullWithRetries(t.Context(), ref, false, ImagePullOptions{}); err != nil {
			t.Errorf("present and not asked to pull: %v", err)
		}
		if _, err := c.ImagePullWithRetries(t.Context(), ref, true, ImagePullOptions{}); !errors.Is(err, ErrRegistry) {
			t.Errorf("pull: %v", err)
		}
	})
}

// TestPullRefreshesCredentials gives wrong credentials first, as a helper with a stale cache does.
func TestPullRefreshesCredentials(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		c := testClient(t, e)
		var attempts []int
		auth := func(_ context.Context, attempt int) (string, error) {
			attempts = append(attempts, attempt)
			if attempt == 1 {
				return GetRegistryAuth(env.RegistryUser, "stale"), nil
			}
			return GetRegistryAuth(env.RegistryUser, env.RegistryPassword), nil
		}
		_, err := c.ImagePullWithRetries(t.Context(), env.LoginImage("idle"), true, ImagePullOptions{AuthFunc: auth, MaxAttempts: 3, Wait: time.Millisecond})
		if err != nil || len(attempts) != 2 {
			t.Errorf("attempts %v: %v", attempts, err)
		}
	})
}

func TestPullEndsWithContext(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := testClient(t, e).ImagePullWithRetries(ctx, "127.0.0.1:1/none:1", true, ImagePullOptions{MaxAttempts: 1000, Wait: time.Hour})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("pull: %v", err)
		}
	})
}

func TestCheckPlatform(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		c := testClient(t, e)
		for image, want := range map[string]error{"idle": nil, "wrongarch": ErrPlatform, "none": ErrNotFound} {
			if err := c.CheckPlatform(t.Context(), env.Image(image)); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", image, err, want)
			}
		}
	})
}

func TestCheckPlatformWords(t *testing.T) {
	for _, test := range []struct {
		image, variant, machine string
		want                    bool
	}{
		{"amd64", "", "amd64", true}, {"amd64", "", "x86_64", true}, {"amd64", "", "arm64", false}, {"arm64", "v8", "aarch64", true},
		{"arm", "v7", "arm64", true}, {"arm64", "v8", "arm", false}, {"arm", "v7", "armv7l", true}, {"arm", "v6", "armv7l", true},
		{"arm", "v7", "armv6l", false}, {"arm", "", "armv6l", true}, {"arm", "v6", "armv5tel", false}, {"arm", "v5", "armv5tel", true},
		{"386", "", "amd64", true}, {"", "", "arm64", true}, {"riscv64", "", "amd64", false},
	} {
		if err := checkPlatform("linux", test.image, test.variant, "linux", test.machine); (err == nil) != test.want {
			t.Errorf("%s%s on %s: %v", test.image, test.variant, test.machine, err)
		}
	}
	if err := checkPlatform("windows", "amd64", "", "linux", "amd64"); !errors.Is(err, ErrPlatform) {
		t.Errorf("windows on linux: %v", err)
	}
}
