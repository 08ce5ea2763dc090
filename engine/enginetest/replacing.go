package enginetest

import (
	"errors"
	"slices"
	"testing"

	"edged/engine"
)

// replacing has the promises about putting one container into the place of another. That no setting is lost on the way
// is tested by the engine package itself, with random settings.
func replacing() []behaviour {
	return []behaviour{
		{"Clone", clone},
		{"CloneRollsBack", cloneRollsBack},
		{"UpdateRequired", updateRequired},
		{"Fork", fork},
	}
}

// keepClones cleans up the names that a replacement uses.
func (target Target) keepClones(t *testing.T, made string) {
	target.remove(t, made+".next")
	target.remove(t, made+".prev")
}

func clone(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{
		Image: "web:1", Env: []string{"MINE=1", "GREETING=mine"}, Labels: map[string]string{"mine": "1"},
	})
	target.keepClones(t, made)
	old := target.state(t, made)
	if err := target.Client.CloneContainer(within(t), made, engine.CloneOptions{Image: target.Image("web:2")}); err != nil {
		t.Fatal(err)
	}
	now := target.state(t, made)
	if now.ID == old.ID || !now.Running || now.Health != "healthy" || !engine.ImageRefsEqual(now.Image, target.Image("web:2")) {
		t.Errorf("replaced by %+v", now)
	}
	if _, err := target.Client.State(within(t), old.ID); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("the old container is still there: %v", err)
	}
	found, err := target.Client.Client.ContainerInspect(within(t), made)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range []string{"MINE=1", "GREETING=mine", "ADDED=new in version 2"} {
		if !slices.Contains(found.Config.Env, entry) {
			t.Errorf("no %s in %q", entry, found.Config.Env)
		}
	}
	if slices.Contains(found.Config.Env, "DROPPED=only in version 1") {
		t.Errorf("the old image's default is still in %q", found.Config.Env)
	}
	if labels := found.Config.Labels; labels["mine"] != "1" || labels["version"] != "2" || labels["lab.dropped"] != "" {
		t.Errorf("labels %v", labels)
	}
	if found.Config.WorkingDir != "/srv" || !slices.Equal(found.Config.Cmd, []string{"main", "--second"}) {
		t.Errorf("working directory %s, command %q", found.Config.WorkingDir, found.Config.Cmd)
	}
}

func cloneRollsBack(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "idle:1"})
	target.keepClones(t, made)
	old := target.state(t, made)
	err := target.Client.CloneContainer(within(t), made, engine.CloneOptions{Image: target.Image("exits:1")})
	if !errors.Is(err, engine.ErrRolledBack) {
		t.Fatalf("clone: %v", err)
	}
	if now := target.state(t, made); now.ID != old.ID || !now.Running {
		t.Errorf("after the rollback: %+v", now)
	}
}

func updateRequired(t *testing.T, target Target) {
	made := target.create(t, engine.CreateSpec{Image: "idle:1"})
	for image, want := range map[string]bool{
		"": false, target.Image("idle:1"): false, target.Image("web:1"): true, "localhost/none:1": true,
	} {
		got, inspect, err := target.Client.UpdateRequired(within(t), made, image)
		if err != nil || got != want || engine.FormatContainerName(inspect.Name) != made {
			t.Errorf("%q: required %v (%v), want %v", image, got, err, want)
		}
	}
}

func fork(t *testing.T, target Target) {
	made := target.start(t, engine.CreateSpec{Image: "idle:1", Restart: "always", Env: []string{"MINE=1"}})
	forked := name(t, "-fork")
	target.remove(t, forked)
	current, err := target.Client.Client.ContainerInspect(within(t), made)
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"asked": "1"}
	options := engine.CloneOptions{Name: forked, Labels: labels, Env: []string{"FORK=1"}}
	if err := target.Client.Fork(within(t), current, options); err != nil {
		t.Fatal(err)
	}
	if len(labels) != 1 {
		t.Errorf("the caller's labels became %v", labels)
	}
	now := target.state(t, forked)
	if !now.Running || now.Labels[engine.LabelFork] != "1" || now.Labels["asked"] != "1" || now.Labels["io.tedge.forked.name"] != made {
		t.Errorf("fork %+v", now)
	}
	if !target.state(t, made).Running {
		t.Error("the original doesn't run any more")
	}
}
