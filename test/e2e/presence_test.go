package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

func TestContainerAppearsAndVanishes(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		since := time.Now()
		name := e.run("web", e.lab.Image("printenv"))

		e.hears(since, e.topic(name), `"@type":"service"`, `"name":"`+name+`"`, `"type":"container"`, `"@parent":"device/main//"`)
		e.hears(since, e.topic(name, "twin", "container"), `"containerId":"`+e.id(name)+`"`, `"image":"`+e.lab.Image("printenv")+`"`, `"state":"running"`)
		e.isReported(since, name, "up")

		since = time.Now()
		e.engine.Run(e.t, "rm", "--force", name)
		e.isCleared(since, name)
	})
}

func TestContainersOfBeforeAreFound(t *testing.T) {
	everywhere(t, func(e *edged) {
		running := e.run("running", e.lab.Image("idle"))
		e.engine.Run(e.t, "create", "--name", e.name("created"), e.lab.Image("idle"))
		since := time.Now()
		e.start()
		e.isReported(since, running, "up")
		e.isReported(since, e.name("created"), "down")
	})
}

func TestStateChangesGoOut(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		since := time.Now()
		name := e.run("idle", e.lab.Image("idle"))
		health, twin := e.topic(name, "status", "health"), e.topic(name, "twin", "container")
		e.hears(since, health, `"up"`)
		for _, step := range []struct {
			verb  string
			want  string
			state string
		}{{"stop", "down", "exited"}, {"start", "up", "running"}, {"kill", "down", "exited"}} {
			since = time.Now()
			e.engine.Run(e.t, step.verb, name)
			e.hears(since, health, `"`+step.want+`"`)
			e.hears(since, twin, `"state":"`+step.state+`"`)
		}

		since = time.Now()
		e.engine.Run(e.t, "rename", name, e.name("renamed"))
		e.isCleared(since, name)
		e.isReported(since, e.name("renamed"), "down")
	})
}

func TestDeathGoesOut(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		since := time.Now()
		name := e.run("dies", e.lab.Image("exits"))
		e.hears(since, e.topic(name, "twin", "container"), `"state":"exited"`, "Exited (3)")
		e.hears(since, e.topic(name, "status", "health"), `"down"`)
	})
}

func TestHealthChangesGoOut(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		since := time.Now()
		name := e.run("moody", "--env", "SICK_AFTER=0", e.lab.Image("sickly"))
		health := e.topic(name, "status", "health")
		e.hears(since, health, `"up"`)

		since = time.Now()
		e.engine.Run(e.t, "exec", name, "touch", "/tmp/sick")
		e.hears(since, health, `"down"`)

		since = time.Now()
		e.engine.Run(e.t, "exec", name, "rm", "/tmp/sick")
		e.hears(since, health, `"up"`)
	})
}

func TestComposeServices(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		file := filepath.Join(e.dir, "docker-compose.yml")
		text := "version: '2'\nservices:\n  front: {image: \"" + e.lab.Image("web") + "\", network_mode: none}\n  back: {image: \"" + e.lab.Image("idle") + "\", network_mode: none}\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			e.t.Fatal(err)
		}
		since := time.Now()
		e.compose(file, "up", "--detach")
		front, back := e.prefix+"@front", e.prefix+"@back"
		e.hears(since, e.topic(front), `"type":"container-group"`, `"name":"`+front+`"`)
		e.hears(since, e.topic(front, "twin", "container"), `"projectName":"`+e.prefix+`"`, `"serviceName":"front"`)
		e.isReported(since, front, "up")
		e.isReported(since, back, "up")

		since = time.Now()
		e.compose(file, "stop", "back")
		e.hears(since, e.topic(back, "status", "health"), `"down"`)

		since = time.Now()
		e.compose(file, "down", "--timeout", "1")
		e.isCleared(since, front)
		e.isCleared(since, back)
	})
}

func (e *edged) compose(file string, args ...string) {
	e.t.Helper()
	cmd := exec.Command("docker-compose", append([]string{"--project-name", e.prefix, "--file", file}, args...)...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+e.engine.Host)
	if out, err := cmd.CombinedOutput(); err != nil {
		e.t.Fatalf("docker-compose %s: %v\n%s", args, err, out)
	}
}

// What is excluded stays unheard. The order of messages proves it: another one came later and was heard.
func TestExcludedContainersAreLeftAlone(t *testing.T) {
	e := onDocker(t)
	e.settings["filter.exclude_labels"] = []string{"quiet", "loud=no"}
	e.start()
	e.run("labelled", "--label", "quiet=", e.lab.Image("idle"))
	e.run("valued", "--label", "loud=no", e.lab.Image("idle"))
	since := time.Now()
	heard := e.run("heard", "--label", "loud=yes", e.lab.Image("idle"))
	e.hears(since, e.topic(heard, "status", "health"), `"up"`)
	for _, silent := range []string{"labelled", "valued"} {
		if m, ok := e.ear.Last(e.topic(e.name(silent))); ok {
			t.Errorf("heard of an excluded container: %s", m.Payload)
		}
	}
	if out := e.cli(0, "ps").out; out == "" {
		t.Error("edged ps lists nothing")
	} else {
		has(t, "edged ps", out, heard)
	}
}

// What was removed while edged was down is found on the broker and cleared; what others have registered stays.
func TestStaleServicesAreCleared(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		since := time.Now()
		goes, stays := e.run("goes", e.lab.Image("idle")), e.run("stays", e.lab.Image("idle"))
		e.isReported(since, goes, "up")
		e.isReported(since, stays, "up")
		broker := e.settings["mqtt.url"].(string)
		alarm, theirs := e.topic(goes, "a", "MyAlarm"), e.topic("nodered")
		lab.Publish(e.t, broker, alarm, `{"severity":"minor","text":"of a script"}`, true)
		lab.Publish(e.t, broker, theirs, `{"@type":"service","name":"nodered","type":"container"}`, true)
		e.kill()
		e.engine.Run(e.t, "rm", "--force", goes)

		since = time.Now()
		e.start()
		e.isCleared(since, goes)
		eventually(e.t, "the alarm to be cleared", func() bool { return lab.Retained(e.t, broker, alarm) == "" })
		e.retains(stays, true)
		e.neverCleared(since, stays)
		if lab.Retained(e.t, broker, theirs) == "" {
			e.t.Error("another service's registration was cleared")
		}
		lab.Publish(e.t, broker, theirs, "", true)
	})
}

// A child device's containers are its own services, below whichever root.
func TestChildDevice(t *testing.T) {
	e := onDocker(t)
	e.settings["device.topic_id"] = "device/child01//"
	e.settings["mqtt.root"] = e.prefix + "/fleet"
	e.ear = lab.Subscribe(t, e.lab.MQTTURL, e.prefix+"/#")
	e.launch()
	since := time.Time{}
	services := e.prefix + "/fleet/device/child01/service/"
	name := e.run("idle", e.lab.Image("idle"))
	e.hears(since, services+name, `"@parent":"device/child01//"`)
	e.hears(since, services+name+"/status/health", `"up"`)
	e.hears(since, services+"edged", `"@parent":"device/child01//"`)
	e.hears(since, services+"edged/cmd/update", "{}")
	lab.Publish(t, e.lab.MQTTURL, services+"edged/cmd/stop/1", `{"status":"init","container":"`+name+`"}`, true)
	e.hears(since, services+"edged/cmd/stop/1", `"successful"`)
	e.hears(since, services+name+"/status/health", `"down"`)
}

// Only what is included is minded: by name, label and type.
func TestIncludedContainersAreMinded(t *testing.T) {
	e := onDocker(t)
	e.settings["filter.include_labels"] = []string{"minded"}
	e.settings["filter.include_types"] = []string{"container"}
	e.start()
	e.run("unlabelled", e.lab.Image("idle"))
	e.run("grouped", "--label", "minded=1", "--label", "com.docker.compose.project="+e.prefix, e.lab.Image("idle"))
	since := time.Now()
	heard := e.run("heard", "--label", "minded=1", e.lab.Image("idle"))
	e.hears(since, e.topic(heard, "status", "health"), `"up"`)
	for _, m := range e.ear.Messages() {
		if strings.Contains(m.Topic, "unlabelled") || strings.Contains(m.Topic, "@") {
			t.Errorf("heard of a container that is not included: %s %s", m.Topic, m.Payload)
		}
	}
}
