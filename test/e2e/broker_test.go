package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/test/lab"
)

// ownBroker gives the daemon a broker that the test may kill.
func (e *edged) ownBroker(opts lab.MosquittoOptions) *lab.Mosquitto {
	e.t.Helper()
	folder, err := lab.NewFolder()
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = folder.Close() })
	broker, err := lab.StartMosquitto(e.t.Context(), folder, opts)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = broker.Stop() })
	e.settings["mqtt.url"] = broker.URL()
	return broker
}

// relisten subscribes anew, as a client does whose broker has been away.
func (e *edged) relisten() {
	e.t.Helper()
	e.ear = lab.Subscribe(e.t, e.settings["mqtt.url"].(string), e.prefix+"/#")
}

// The broker speaks for an edged that was killed; the will has no pid.
func TestLastWill(t *testing.T) {
	e := onDocker(t)
	e.start()
	health := e.topic("edged", "status", "health")
	since := time.Now()
	e.kill()
	e.hears(since, health, `{"status":"down"}`)
	if got := lab.Retained(t, e.lab.MQTTURL, health); got != `{"status":"down"}` {
		t.Errorf("retained health %s", got)
	}

	since = time.Now()
	e.start()
	e.hears(since, health, `"status":"up"`, `"pid":`)
}

// An edged that is told to end says so itself; what it knows of the containers stays.
func TestCleanStop(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			e := onDocker(t)
			e.start()
			since := time.Now()
			name := e.run("idle", e.lab.Image("idle"))
			e.isReported(since, name, "up")
			since = time.Now()
			_ = e.process.Process.Signal(sig)
			if code := e.wait(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			e.hears(since, e.topic("edged", "status", "health"), `"status":"down"`, `"pid":`)
			e.retains(name, true)
			if _, err := os.Stat(e.path("sock")); err == nil {
				t.Error("the socket is left over")
			}
		})
	}
}

// Without a broker edged does its work, and tells of it as soon as there is one.
func TestBrokerComesLater(t *testing.T) {
	e := onDocker(t)
	broker := e.ownBroker(lab.MosquittoOptions{})
	broker.Kill()
	e.launch()
	e.journal.wait(t, "connected to the engine")
	e.journal.wait(t, "level=WARN", "no connection to the MQTT broker", broker.URL())
	name := e.name("idle")
	e.cli(0, "install", name, e.lab.Image("idle"))
	if s := e.status(); s.MQTT.Connected || !s.Engine.Connected {
		t.Errorf("status %+v", s)
	}

	if err := broker.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.relisten()
	e.isReported(time.Time{}, name, "up")
	e.hears(time.Time{}, e.topic("edged", "e", "operation_finished"), `"op":"install"`, name)
	if s := e.status(); !s.MQTT.Connected {
		t.Errorf("status %+v", s)
	}
}

// A broker that lost what it stored gets all of it again.
func TestBrokerForgets(t *testing.T) {
	e := onDocker(t)
	broker := e.ownBroker(lab.MosquittoOptions{})
	e.start()
	since := time.Now()
	stays, goes := e.run("stays", e.lab.Image("idle")), e.run("goes", e.lab.Image("idle"))
	e.isReported(since, stays, "up")
	e.isReported(since, goes, "up")

	broker.Kill()
	e.journal.wait(t, "no connection to the MQTT broker")
	e.engine.Run(t, "rm", "--force", goes)
	e.engine.Run(t, "stop", stays)
	if err := broker.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.relisten()
	e.isReported(time.Time{}, stays, "down")
	e.hears(time.Time{}, e.topic("edged", "status", "health"), `"up"`)
	e.retains(goes, false)
	for _, op := range []string{"pull", "install", "update", "start", "stop", "restart", "remove"} {
		if got := lab.Retained(t, broker.URL(), e.topic("edged", "cmd", op)); got != "{}" {
			t.Errorf("capability %s: %q", op, got)
		}
	}
	if m, ok := e.ear.Last(e.topic(stays, "status", "health")); !ok || !strings.Contains(m.Payload, `"down"`) {
		t.Errorf("health %s", m.Payload)
	}
}

// A broker that kept what it stored must not keep what is gone by now.
func TestBrokerRemembers(t *testing.T) {
	e := onDocker(t)
	broker := e.ownBroker(lab.MosquittoOptions{Persistence: true})
	e.start()
	since := time.Now()
	goes := e.run("goes", e.lab.Image("idle"))
	e.isReported(since, goes, "up")

	if err := broker.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.retains(goes, true)
	broker.Kill()
	e.engine.Run(t, "rm", "--force", goes)
	if err := broker.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, topic := range e.topicsOf(goes) {
		eventually(t, topic+" to be cleared", func() bool { return lab.Retained(t, broker.URL(), topic) == "" })
	}
}

// A refused password is told, and keeps edged from nothing else.
func TestBrokerRefusesPassword(t *testing.T) {
	e := onDocker(t)
	broker := e.ownBroker(lab.MosquittoOptions{User: "device", Password: "right"})
	e.settings["mqtt.user"] = "device"
	e.settings["mqtt.password_file"] = e.path("password")
	e.writePassword("wrong")
	e.launch()
	e.journal.wait(t, "level=WARN", broker.URL(), "wrong user name or password")
	if strings.Contains(e.journal.String(), "password=wrong") {
		t.Error("the password is in the log")
	}
	e.cli(0, "install", e.name("idle"), e.lab.Image("idle"))
	e.isRunning(e.name("idle"), true)
	if code := e.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}

	e.writePassword("right")
	e.settings["mqtt.url"] = strings.Replace(broker.URL(), "://", "://device:right@", 1)
	e.relisten()
	e.settings["mqtt.url"] = broker.URL()
	e.launch()
	e.hears(time.Time{}, e.topic(e.name("idle"), "status", "health"), `"up"`)
}

func (e *edged) writePassword(text string) {
	e.t.Helper()
	if err := os.WriteFile(e.path("password"), []byte(text+"\n"), 0o600); err != nil {
		e.t.Fatal(err)
	}
}
