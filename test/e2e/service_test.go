package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"edged/test/lab"
)

// A container's own service takes commands, as thin-edge.io has them.
func TestServiceCommands(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		since := time.Now()
		name := e.run("idle", e.lab.Image("idle"))
		e.isReported(since, name, "up")
		e.hears(since, e.topic(name, "cmd", "restart"), "{}")
		broker := e.settings["mqtt.url"].(string)
		for _, step := range []struct{ action, health string }{{"stop", "down"}, {"start", "up"}, {"restart", "up"}} {
			since = time.Now()
			topic := e.topic(name, "cmd", step.action, "1")
			lab.Publish(e.t, broker, topic, `{"status":"init","mine":"kept"}`, true)
			e.hears(since, topic, `"status":"executing"`)
			e.hears(since, topic, `"status":"successful"`, `"mine":"kept"`)
			e.isRunning(name, step.health == "up")
			lab.Publish(e.t, broker, topic, "", true)
		}
		theirs := e.topic("nodered", "cmd", "stop", "1")
		lab.Publish(e.t, broker, theirs, `{"status":"init"}`, true)
		since = time.Now()
		lab.Publish(e.t, broker, e.commandTopic("health", "check"), "{}", false)
		e.hears(since, e.topic("edged", "status", "health"), `"up"`)
		if got := lab.Retained(e.t, broker, theirs); got != `{"status":"init"}` {
			e.t.Errorf("another service's command became %s", got)
		}
		lab.Publish(e.t, broker, theirs, "", true)
		since = time.Now()
		e.engine.Run(e.t, "rm", "--force", name)
		e.hearsCleared(since, e.topic(name, "cmd", "restart"))
	})
}

// What the command line shows can be asked for over MQTT.
func TestQuestionsOverMQTT(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("talks", e.lab.Image("idle"), "sh", "-c", "echo hello; sleep 2147483647 & wait")
	e.isReported(time.Time{}, name, "up")
	since := time.Now()
	e.send("ps", "1", `{"status":"init"}`)
	e.hears(since, e.commandTopic("ps", "1"), `"successful"`, `"name":"`+name+`"`)
	e.send("status", "1", `{"status":"init"}`)
	e.hears(since, e.commandTopic("status", "1"), `"successful"`, `"connected":true`)
	e.send("logs", "1", `{"status":"init","container":"`+name+`","options":{"tail":1}}`)
	e.hears(since, e.commandTopic("logs", "1"), `"successful"`, `"logs":["hello"]`)
	e.send("cancel", "1", `{"status":"init","options":{"request":"none"}}`)
	e.hears(since, e.commandTopic("cancel", "1"), `"failed"`, `"outcome":"not-found"`)
}

// A command whose result is known is not carried out again by the next run of edged.
func TestCommandsAreCarriedOutOnce(t *testing.T) {
	e := onDocker(t)
	e.start()
	name := e.run("idle", e.lab.Image("idle"))
	since := time.Now()
	e.send("restart", "once", `{"status":"init","container":"`+name+`"}`)
	if s := e.finishes(since, "restart", "once"); s.Outcome != "committed" {
		t.Fatalf("%+v", s)
	}
	began := e.inspect(name, "{{.State.StartedAt}}")
	e.stop()
	since = time.Now()
	e.start()
	e.send("restart", "once", `{"status":"init","container":"`+name+`"}`)
	if s := e.finishes(since, "restart", "once"); s.Outcome != "committed" {
		t.Errorf("%+v", s)
	}
	if e.inspect(name, "{{.State.StartedAt}}") != began {
		t.Error("it was restarted again")
	}
}

// What happened while the broker was away is told by the next run, though edged was killed.
func TestOutboxOutlivesAKill(t *testing.T) {
	e := onDocker(t)
	broker := e.ownBroker(lab.MosquittoOptions{})
	e.start()
	broker.Kill()
	e.journal.wait(t, "no connection to the MQTT broker")
	e.cli(0, "install", e.name("idle"), e.lab.Image("idle"))
	eventually(t, "the result to be written", func() bool { return e.wrote("outbox.log", `"op":"install"`, `"outcome"`) })
	e.kill()
	if err := broker.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.relisten()
	e.launch()
	e.hears(time.Time{}, e.topic("edged", "e", "operation_finished"), `"op":"install"`, `"outcome":"committed"`, e.name("idle"))
	eventually(t, "the file to be removed", func() bool { return !e.wrote("outbox.log", "") })
}

// wrote reports whether a file of the state folder is there and has the parts in it.
func (e *edged) wrote(name string, parts ...string) bool {
	text, err := os.ReadFile(filepath.Join(e.path("state"), name))
	return err == nil && containsAll(string(text), parts)
}
