package qemu

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

// steps are those of an update at which power is cut on purpose; see docs/architecture.md.
var steps = []string{"create", "retire", "stop", "promote", "start", "gate", "commit"}

// The device loses power in the middle of updates, at random and at each step, and starts again from the same disk. Each
// time the container must be there once, the old one or the new one as the record says, and run, with nothing left over.
// EDGED_CUTS says how often (30), EDGED_CUT_SEED when; 0 leaves that to the clock.
func TestPowerCuts(t *testing.T) {
	onlyInFull(t)
	count, seed := number(t, "EDGED_CUTS", 30), number(t, "EDGED_CUT_SEED", 7)
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	m := newMachine(t, boards["arm64"])
	m.boot(t)
	for _, name := range []string{"idle", "printenv", "exits"} {
		m.engine().Run(t, "pull", "--quiet", m.image(name))
	}
	m.engine().Run(t, "run", "-d", "--name", "app", "--restart", "always", m.image("idle"))
	now := "idle"
	var span time.Duration
	for i := range int(count) + 1 {
		chance := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
		c := cut{machine: m, id: fmt.Sprintf("c%d-%d", seed, i), image: other(now), fails: chance.IntN(4) == 0}
		switch {
		case i == 0:
			c.whole, c.fails = true, false // it is measured
		case i%2 == 0:
			c.step = steps[chance.IntN(len(steps))]
		default:
			c.delay = time.Duration(chance.Float64() * 1.1 * float64(span))
		}
		if c.fails {
			c.image = "exits"
		}
		ok := t.Run(fmt.Sprintf("%d %s", i, c), func(t *testing.T) {
			begun := time.Now()
			if !c.whole {
				c.happen(t)
				m.boot(t)
			}
			if c.end(t) {
				now = c.image
			}
			if i == 0 {
				span = time.Since(begun)
			}
			c.check(t, now)
		})
		if !ok {
			t.Fatalf("seed %d: the device is left as it was after cut %d", seed, i)
		}
	}
}

// cut is a power cut in an update: after a while, or at a step.
type cut struct {
	*machine
	id, image string
	fails     bool // the new container exits at once
	whole     bool // power stays on
	delay     time.Duration
	step      string
}

func (c cut) String() string {
	if c.step != "" {
		return fmt.Sprintf("at %s of an update to %s", c.step, c.image)
	}
	return fmt.Sprintf("%s after an update to %s was asked for", c.delay.Round(time.Millisecond), c.image)
}

func (c cut) topic() string { return "te/device/main/service/edged/cmd/update/" + c.id }

func (c cut) ask(t *testing.T) {
	t.Helper()
	lab.Publish(t, c.url(), c.topic(), fmt.Sprintf(`{"status":"init","container":"app","image":%q}`, c.machine.image(c.image)), true)
}

// happen asks for the update and cuts power.
func (c cut) happen(t *testing.T) {
	t.Helper()
	ear := lab.Subscribe(t, c.url(), c.topic())
	c.ask(t)
	if c.step == "" {
		<-time.After(c.delay)
	} else {
		ear.WaitFor(t, bootTime, func(m lab.Message) bool {
			return strings.Contains(m.Payload, fmt.Sprintf(`"step":%q`, c.step)) || isFinal(m.Payload)
		})
	}
	c.cut()
}

// end waits for the record of the update, and returns whether it says that the new container is there. A broker that has
// lost the command, as brokers do, is told again. An update that a cut interrupts may be undone, or
// fail if there was nothing to undo, and only because of that.
func (c cut) end(t *testing.T) (isNew bool) {
	t.Helper()
	if lab.Retained(t, c.url(), c.topic()) == "" {
		c.ask(t)
	}
	ear := lab.Subscribe(t, c.url(), c.topic())
	m := ear.WaitFor(t, bootTime, func(m lab.Message) bool { return isFinal(m.Payload) })
	var said struct{ Status, Outcome, Reason string }
	if err := json.Unmarshal([]byte(m.Payload), &said); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s %s", said.Outcome, said.Reason)
	isNew = said.Status == "successful"
	undone := !c.whole && (said.Outcome == "rolled-back" || said.Outcome == "failed") && strings.Contains(said.Reason, "interrupted")
	if isNew == c.fails && !undone {
		t.Errorf("an update to %s ended as %+v", c.image, said)
	}
	lab.Publish(t, c.url(), c.topic(), "", true)
	return isNew
}

// check looks at what is on the device.
func (c cut) check(t *testing.T, image string) {
	t.Helper()
	want := "app " + c.machine.image(image) + " running"
	if got := c.engine().Run(t, "ps", "-a", "--format", "{{.Names}} {{.Image}} {{.State}}"); got != want {
		t.Errorf("there is %q, want %q", got, want)
	}
	out, code, err := c.run(t.Context(), "find", "/data/edged", "-name", "*.broken")
	if err != nil || code != 0 || out != "" {
		t.Errorf("files that made no sense: %q, %d, %v", out, code, err)
	}
}

func isFinal(payload string) bool {
	return strings.Contains(payload, `"status":"successful"`) || strings.Contains(payload, `"status":"failed"`)
}

func other(image string) string {
	if image == "idle" {
		return "printenv"
	}
	return "idle"
}

// url is that of the device's broker.
func (m *machine) url() string { return "mqtt://" + m.mqtt }

// number is a variable of the environment.
func number(t *testing.T, name string, usual int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
