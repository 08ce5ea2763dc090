package e2e

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"edged/core/request"
)

// A new revision takes the new image's defaults and keeps what the user has set.
func TestUpdate(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("web", "--publish", "127.0.0.1::80", "--env", "MINE=kept", "--env", "GREETING=moin",
			"--label", "mine=kept", "--restart", "unless-stopped", e.lab.Image("web:1"))
		old, port := e.id(name), e.engine.Run(e.t, "port", name, "80/tcp")

		since := time.Now()
		res, steps := e.ask(0, "update", name, e.lab.Image("web:2"))
		if res.Outcome != request.Committed || !res.Changed || res.Timing == nil {
			e.t.Fatalf("result %+v", res)
		}
		if res.Timing.From != e.lab.Image("web:1") || res.Timing.To != e.lab.Image("web:2") || res.Timing.OutageMS <= 0 {
			e.t.Errorf("timing %+v", *res.Timing)
		}
		e.wentThrough(steps, "pull", "create", "retire", "stop", "promote", "start", "gate", "commit")

		if e.id(name) == old {
			e.t.Error("it is still the old container")
		}
		e.isMadeFrom(name, "web:2")
		e.existOnly(name)
		settings := e.inspect(name, "{{json .Config.Env}} {{json .Config.Labels}} {{.HostConfig.RestartPolicy.Name}} {{json .Config.Cmd}}")
		has(e.t, "settings", settings, `"MINE=kept"`, `"GREETING=moin"`, `"ADDED=new in version 2"`,
			`"mine":"kept"`, `"version":"2"`, "unless-stopped", "--second")
		if strings.Contains(settings, "DROPPED") || strings.Contains(settings, "lab.dropped") {
			e.t.Errorf("a default of the old image stayed: %s", settings)
		}
		if now := e.engine.Run(e.t, "port", name, "80/tcp"); now != port && e.fixedPorts() {
			e.t.Errorf("published at %s, was %s", now, port)
		}
		e.serves(name, "web 2\n")
		e.hears(since, e.topic(name, "twin", "container"), `"image":"`+e.lab.Image("web:2")+`"`, `"containerId":"`+e.id(name)+`"`)
		e.neverCleared(since, name)
		eventually(e.t, "its health to be up again", func() bool {
			last, _ := e.ear.Last(e.topic(name, "status", "health"))
			return strings.Contains(last.Payload, `"up"`)
		})
	})
}

// fixedPorts tells whether the engine stores the number of a port that it was left to choose.
func (e *edged) fixedPorts() bool { return e.engine.Name == "podman" }

// wentThrough checks the names of the steps, in order and each told once.
func (e *edged) wentThrough(steps []request.Progress, want ...string) {
	e.t.Helper()
	var got []string
	for _, s := range steps {
		if len(got) == 0 || got[len(got)-1] != s.Step {
			got = append(got, s.Step)
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		e.t.Errorf("steps %q, want %q", got, want)
	}
}

func (e *edged) serves(name, want string) {
	e.t.Helper()
	resp, err := http.Get("http://" + e.engine.Run(e.t, "port", name, "80/tcp"))
	if err != nil {
		e.t.Error(err)
		return
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != want {
		e.t.Errorf("%s answers %q, want %q", name, body, want)
	}
}

func TestStoppedContainerStaysStopped(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("idle", e.lab.Image("idle"))
		e.engine.Run(e.t, "stop", name)
		e.ask(0, "update", name, e.lab.Image("printenv"))
		e.isRunning(name, false)
		e.isMadeFrom(name, "printenv")
		e.existOnly(name)
	})
}

func TestUpdateOnlyWhenNeeded(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("web", e.lab.Image("web:1"))
		old := e.id(name)

		if res, _ := e.ask(2, "update", name, e.lab.Image("web:1"), "--check"); res.Outcome != request.Unchanged {
			e.t.Errorf("check: %+v", res)
		}
		if res, _ := e.ask(0, "update", name, e.lab.Image("web:2"), "--check"); res.Outcome != request.Needed || len(res.Changes) == 0 {
			e.t.Errorf("check: %+v", res)
		}
		if res, _ := e.ask(0, "update", name, e.lab.Image("web:1")); res.Outcome != request.Unchanged || res.Changed {
			e.t.Errorf("update to what it is: %+v", res)
		}
		if e.id(name) != old {
			e.t.Fatal("it was replaced though nothing had changed")
		}
		if res, _ := e.ask(0, "update", name, "--force"); res.Outcome != request.Committed {
			e.t.Errorf("update --force: %+v", res)
		}
		if e.id(name) == old {
			e.t.Error("it was not replaced by update --force")
		}
		e.isRunning(name, true)
		e.existOnly(name)
	})
}

// The same tag can mean another image tomorrow.
func TestUpdateFollowsTheTag(t *testing.T) {
	e := onDocker(t)
	e.start()
	image := e.push("moving", "first")
	e.engine.Run(t, "pull", image)
	name := e.run("moving", image)
	e.push("moving", "second")
	for _, tt := range []struct {
		args []string
		want request.Outcome
	}{
		{[]string{"--no-pull"}, request.Unchanged},
		{nil, request.Committed},
		{nil, request.Unchanged},
	} {
		if res, _ := e.ask(0, append([]string{"update", name}, tt.args...)...); res.Outcome != tt.want {
			t.Errorf("update %s: %s, want %s", tt.args, res.Outcome, tt.want)
		}
	}
	if got := e.engine.Run(t, "exec", name, "cat", "/what"); got != "second" {
		t.Errorf("the container is of the %s image", got)
	}
}

// Without a network, a container can be brought to an image that was brought to the device. That there is nothing newer
// is not claimed.
func TestUpdateWithoutRegistry(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("idle", e.lab.Image("idle"))
		image := "127.0.0.1:1/" + e.name("brought") + ":2"
		has(e.t, "nothing there", e.cli(12, "update", name, image).out, "connection refused")
		e.engine.Run(e.t, "tag", e.lab.Image("printenv"), image)
		e.t.Cleanup(func() { _, _ = e.engine.Try(context.Background(), "rmi", image) })
		res, _ := e.ask(0, "update", name, image)
		if res.Outcome != request.Committed {
			e.t.Errorf("result %+v", res)
		}
		has(e.t, "the reason", res.Reason, "with the image that is present", "connection refused")
		old := e.id(name)
		for _, args := range [][]string{{"update", name}, {"update", name, "--check"}} {
			res, _ = e.ask(12, args...)
			has(e.t, "the reason", res.Reason, "connection refused", "ask for no pull")
		}
		if res, _ := e.ask(0, "update", name, "--no-pull"); res.Outcome != request.Unchanged || e.id(name) != old {
			e.t.Errorf("result %+v", res)
		}
		e.existOnly(name)
	})
}
