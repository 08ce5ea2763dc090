package e2e

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edged/core/request"
	"edged/hooks"
	"edged/test/lab"
)

// shipped has the daemon ask all the policies that edged comes with, in earnest. Two are changed as an operator would do:
// a copy in a second folder that trusts the lab's registry, and its tags.
func (e *edged) shipped() {
	e.t.Helper()
	folder, err := filepath.Abs("../../scripts/lua")
	if err != nil {
		e.t.Fatal(err)
	}
	registry, _, _ := strings.Cut(e.lab.Image("idle"), "/")
	for _, name := range []string{"10-trusted-registry.lua", "12-digest-pinning.lua"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			e.t.Fatal(err)
		}
		e.script(name, strings.ReplaceAll(string(text), `"registry.example.com"`, `"`+registry+`"`))
	}
	e.settings["policy.dirs"] = []string{folder, e.path("policy.d")}
	e.settings["policy.grants"] = []string{"22-update-lock.lua file.read:/run/edged/locks/*"}
	e.settings["crash_loop.threshold"] = 3
}

// All shipped policies together let edged come up, hold an update for their reasons, one after the other, let it through
// in the end, and refuse what they are there to refuse.
func TestShippedPoliciesOnAnUpdate(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.shipped()
		e.start()
		p := e.policy()
		scripts, err := filepath.Glob("../../scripts/lua/[0-9]*[a-z].lua")
		shipped := 0
		for _, path := range scripts {
			if !strings.HasSuffix(path, "_test.lua") {
				shipped++
			}
		}
		if err != nil || shipped < 11 || len(p.Scripts) != shipped || p.From == "last good" {
			e.t.Fatalf("%d shipped, in force: %+v, %v", shipped, p, err)
		}

		hour := time.Now().UTC().Add(2 * time.Hour).Format("15:04")
		window := hour + "-" + time.Now().UTC().Add(3*time.Hour).Format("15:04")
		name := e.run("idle", "--label", "edged.window="+window, "--label", "edged.zone=UTC", e.lab.Image("idle"))
		res, _ := e.ask(11, "update", name, e.lab.Image("printenv"))
		has(e.t, "the window", res.Reason, "outside the maintenance window "+window)
		e.cli(0, "cancel", res.ID)

		name = e.run("locked", e.lab.Image("idle"))
		e.tells("app/"+name+"/update-lock", "1", "22-update-lock.lua", name, "true")
		e.tells("fleet/rollout/"+name, "0", "28-staged-rollout.lua", name, "0")
		res, _ = e.ask(11, "update", name, e.lab.Image("printenv"), "--id", "u1")
		has(e.t, "the longest", res.Reason, "rolled out to 0 % of all devices so far")
		e.tells("fleet/rollout/"+name, "100", "28-staged-rollout.lua", name, "100")
		since := time.Now()
		e.cli(0, "policy", "wake", "u1")
		if d := e.decides(since, "before", "update", "defer"); d.Reason != name+" has locked its updates" {
			e.t.Errorf("record %+v", d)
		}
		e.tells("app/"+name+"/update-lock", "0", "22-update-lock.lua", name, "")
		since = time.Now()
		e.cli(0, "policy", "wake", "u1")
		e.hears(since, e.topic("edged", "e", "operation_finished"), `"id":"u1"`, `"outcome":"committed"`)
		e.isMadeFrom(name, "printenv")

		for image, why := range map[string]string{
			"nowhere.example/app:1":                       "the registry nowhere.example is not trusted",
			strings.TrimSuffix(e.lab.Image("idle"), ":1"): "is not pinned",
		} {
			if res, _ := e.ask(10, "pull", image); res.Outcome != request.Denied || !strings.Contains(res.Reason, why) {
				e.t.Errorf("%s: %+v", image, res)
			}
		}
		e.isNoOneFailed()
	})
}

// All shipped policies together restart an unhealthy container, and stop one that ends again and again until a person
// starts it.
func TestShippedPoliciesOnIllness(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.shipped()
		e.start()
		since := time.Now()
		ill := e.run("ill", "--env", "SICK_AFTER=0", e.lab.Image("sickly"))
		spared := e.run("spared", "--env", "SICK_AFTER=0", "--label", "edged.restart=never", e.lab.Image("sickly"))
		for _, name := range []string{ill, spared} {
			e.hears(since, e.topic(name, "status", "health"), `"up"`)
		}
		began, stays := e.startedAt(ill), e.startedAt(spared)
		since = time.Now()
		for _, name := range []string{ill, spared} {
			e.engine.Run(e.t, "exec", name, "touch", "/tmp/sick")
		}
		e.hears(since, e.topic("edged", "e", "operation_finished"), `"op":"restart"`, `"actor":"30-unhealthy-restart.lua"`, `"outcome":"committed"`, ill)
		down := e.until(since, ill)
		e.hears(down, e.topic(ill, "status", "health"), `"up"`)
		if !e.startedAt(ill).After(began) {
			e.t.Error("the ill one was not restarted")
		}

		since = time.Now()
		loops := e.run("loops", "--restart", "always", "--volume", e.dir+":/mnt", e.lab.Image("idle"),
			"sh", "-c", "[ -e /mnt/well ] && { trap 'exit 0' TERM; sleep 2147483647 & wait; }; exit 1")
		alarm := e.topic(loops, "a", "crash-loop-"+loops)
		e.hears(since, alarm, loops+" ended 3 times within", "it is stopped")
		if d := e.decides(since, "on", "crash_loop", "allow"); d.Container != loops {
			e.t.Errorf("record %+v", d)
		}
		e.hears(since, e.topic("edged", "e", "operation_finished"), `"op":"stop"`, `"actor":"32-crash-loop-brake.lua"`, `"outcome":"committed"`, loops)
		e.isRunning(loops, false)
		if err := os.WriteFile(e.path("well"), nil, 0o644); err != nil {
			e.t.Fatal(err)
		}
		since = time.Now()
		e.cli(0, "start", loops)
		e.hearsCleared(since, alarm)
		e.isRunning(loops, true)
		if !e.startedAt(spared).Equal(stays) {
			e.t.Error("the spared one was restarted")
		}
		e.isNoOneFailed()
	})
}

// tells publishes a retained message for scripts and waits until one of them keeps what it should; empty is nothing.
func (e *edged) tells(topic, text, script, key, value string) {
	e.t.Helper()
	broker := e.settings["mqtt.url"].(string)
	lab.Publish(e.t, broker, topic, text, true)
	e.t.Cleanup(func() { lab.Publish(e.t, broker, topic, "", true) })
	eventually(e.t, script+" to keep "+value, func() bool {
		kept := map[string]hooks.KVEntry{}
		data, err := os.ReadFile(e.path("state/kv/" + script + ".json"))
		if errors.Is(err, fs.ErrNotExist) { // it keeps nothing at all
			return value == ""
		}
		return err == nil && json.Unmarshal(data, &kept) == nil && kept[key].Value == value
	})
}

// isNoOneFailed checks that no script has failed.
func (e *edged) isNoOneFailed() {
	e.t.Helper()
	for _, m := range e.ear.Messages() {
		if m.Topic == e.topic("edged", "e", "policy_decision") && strings.Contains(m.Payload, `"failed":true`) {
			e.t.Errorf("a script failed: %s", m.Payload)
		}
	}
}
