package enginetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"

	"edged/engine"
)

// imaging has the promises about pulling images.
func imaging() []behaviour {
	return []behaviour{
		{"PullProgress", pullProgress},
		{"PullEvent", pullEvent},
		{"PullErrors", pullErrors},
		{"PullMovingTag", pullMovingTag},
		{"PullFailureIsNoSuccess", pullFailureIsNoSuccess},
		{"PullRefreshesCredentials", pullRefreshesCredentials},
		{"PullEndsWithContext", pullEndsWithContext},
		{"CheckPlatform", checkPlatform},
	}
}

// nowhere is a registry that nobody serves.
const nowhere = "127.0.0.1:1"

// quick is a pull without patience.
var quick = engine.ImagePullOptions{MaxAttempts: 2, Wait: time.Millisecond}

// push puts a new image into the registry, and takes it out of the engine after the test.
func (target Target) push(t *testing.T, content string) string {
	t.Helper()
	ref := target.Push(t, name(t, ""), content)
	target.removeImage(t, ref)
	return ref
}

func (target Target) removeImage(t *testing.T, ref string) {
	t.Cleanup(func() {
		_, err := target.Client.Client.ImageRemove(after(t), ref, image.RemoveOptions{Force: true})
		if err != nil && !errors.Is(err, engine.ErrNotFound) {
			t.Logf("remove image: %v", err) // the test may have failed before it was there
		}
	})
}

func pullProgress(t *testing.T, target Target) {
	ref := target.push(t, "progress")
	var steps []engine.PullProgress
	options := engine.ImagePullOptions{Progress: func(p engine.PullProgress) { steps = append(steps, p) }}
	got, err := target.Client.ImagePullWithRetries(within(t), ref, true, options)
	if err != nil || got.ID == "" {
		t.Fatalf("pull: %+v, %v", got, err)
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
}

func pullEvent(t *testing.T, target Target) {
	stream := target.follow(t)
	ref := target.push(t, "event")
	if err := target.Client.Pull(within(t), ref, true, quick); err != nil {
		t.Fatal(err)
	}
	for e := range stream {
		// Docker has the reference in the ID and its repository in the name, Podman the reference in the name.
		if e.Kind == engine.KindImage && e.Action == engine.ActionPull && (e.ID == ref || e.Name == ref) {
			return
		}
	}
	t.Errorf("no event of the pull of %s", ref)
}

func pullErrors(t *testing.T, target Target) {
	for name, test := range map[string]struct {
		ref  string
		want error
	}{
		"unknown tag":        {target.Image("web:none"), engine.ErrNotFound},
		"unknown repository": {target.Image("none:1"), engine.ErrNotFound},
		"no credentials":     {target.Login("none:1"), engine.ErrUnauthorized},
		"no registry":        {nowhere + "/none:1", engine.ErrOffline},
		"other platforms":    {target.Image("wrongarch:list"), engine.ErrPlatform},
	} {
		if _, err := target.Client.ImagePullWithRetries(within(t), test.ref, true, quick); !errors.Is(err, test.want) {
			t.Errorf("%s: %v isn't %v", name, err, test.want)
		}
	}
	if _, err := target.Client.ImagePullWithRetries(within(t), "not a reference", true, quick); err == nil {
		t.Error("pulled what is no reference")
	}
}

// pullMovingTag: the tag means another image from one pull to the next.
func pullMovingTag(t *testing.T, target Target) {
	ref := target.push(t, "one")
	pull := func(always bool) string {
		t.Helper()
		got, err := target.Client.ImagePullWithRetries(within(t), ref, always, quick)
		if err != nil {
			t.Fatal(err)
		}
		return got.ID
	}
	one := pull(false)
	target.Push(t, name(t, ""), "two")
	if got := pull(false); got != one {
		t.Errorf("a present image was pulled: %s, then %s", one, got)
	}
	two := pull(true)
	if two == one {
		t.Errorf("still %s", one)
	}
	if again := pull(true); again != two {
		t.Errorf("%s, then %s", two, again)
	}
}

// pullFailureIsNoSuccess: an image of the name is there, but the registry can't say whether it is the newest.
func pullFailureIsNoSuccess(t *testing.T, target Target) {
	ref := nowhere + "/moving:1"
	if err := target.Client.Client.ImageTag(within(t), target.Image("idle:1"), ref); err != nil {
		t.Fatal(err)
	}
	target.removeImage(t, ref)
	if _, err := target.Client.ImagePullWithRetries(within(t), ref, false, quick); err != nil {
		t.Errorf("present and not asked to pull: %v", err)
	}
	if _, err := target.Client.ImagePullWithRetries(within(t), ref, true, quick); !errors.Is(err, engine.ErrRegistry) {
		t.Errorf("pull: %v", err)
	}
}

// pullRefreshesCredentials gives wrong credentials first, as a helper with a stale cache does.
func pullRefreshesCredentials(t *testing.T, target Target) {
	var attempts []int
	auth := func(_ context.Context, attempt int) (string, error) {
		attempts = append(attempts, attempt)
		if attempt == 1 {
			return engine.GetRegistryAuth(target.Username, "stale"), nil
		}
		return engine.GetRegistryAuth(target.Username, target.Password), nil
	}
	options := engine.ImagePullOptions{AuthFunc: auth, MaxAttempts: 3, Wait: time.Millisecond}
	_, err := target.Client.ImagePullWithRetries(within(t), target.Login("idle:1"), true, options)
	if err != nil || !slices.Equal(attempts, []int{1, 2}) {
		t.Errorf("attempts %v: %v", attempts, err)
	}
}

func pullEndsWithContext(t *testing.T, target Target) {
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	options := engine.ImagePullOptions{MaxAttempts: 1000, Wait: time.Hour}
	_, err := target.Client.ImagePullWithRetries(ctx, nowhere+"/none:1", true, options)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("pull: %v", err)
	}
}

func checkPlatform(t *testing.T, target Target) {
	for image, want := range map[string]error{"idle:1": nil, "wrongarch:1": engine.ErrPlatform, "none:1": engine.ErrNotFound} {
		if err := target.Client.CheckPlatform(within(t), target.Image(image)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", image, err, want)
		}
	}
}
