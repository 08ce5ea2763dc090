package qemu

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
	"edged/test/story"
)

// The story of `make demo` on an emulated device. `make test-qemu SHELL=1` leaves it up for a person.
func TestDevice(t *testing.T) {
	onlyInFull(t)
	for _, arch := range []string{"arm64", "armhf"} {
		t.Run(arch, func(t *testing.T) {
			m := newMachine(t, boards[arch])
			m.boot(t)
			if wanted() == "stay" {
				fmt.Printf("\nAn %s device is up: docker --host tcp://%s, mosquitto_sub -L mqtt://%s/te/# -v, images %s.\n"+
					"This is its console; `poweroff -f` ends it.\n\n", arch, m.docker, m.mqtt, m.image("web:1"))
				<-m.exited
				return
			}
			ear, err := story.Listen("mqtt://" + m.mqtt)
			if err != nil {
				t.Fatal(err)
			}
			defer ear.Close()
			ear.Patience = bootTime
			stage := story.Stage{Image: m.image, Engine: m.engine(), Ear: ear, CLI: m.cli}
			if err := stage.Play(t.Context()); err != nil {
				t.Error(err)
			}
			m.logMemory(t, m.binary)
			for _, arch := range m.others {
				m.swap(t, "edged-"+arch)
				m.logMemory(t, arch)
			}
		})
	}
}

// logMemory tells what edged takes at rest, and took at most since its start.
func (m *machine) logMemory(t *testing.T, arch string) {
	t.Helper()
	out, code, err := m.run(t.Context(), "sh", "-c", "sleep 20; grep -E 'VmRSS|VmHWM' /proc/$(cat /run/edged.pid)/status; grep MemAvailable /proc/meminfo")
	if err != nil || code != 0 {
		t.Fatalf("edged's memory: %d, %v: %s", code, err, out)
	}
	t.Logf("edged for %s at rest, at most, and what it leaves of 512 MiB: %v", arch, strings.Fields(out))
}

// swap has another binary take the place of the edged that runs.
func (m *machine) swap(t *testing.T, program string) {
	t.Helper()
	start := program + " run </dev/null >/dev/null 2>&1 & echo $! >/run/edged.pid"
	out, code, err := m.run(t.Context(), "sh", "-c", "kill $(cat /run/edged.pid); while [ -e /proc/$(cat /run/edged.pid) ]; do sleep 1; done; "+start)
	if err != nil || code != 0 {
		t.Fatalf("start %s: %d, %v: %s", program, code, err, out)
	}
	m.awaitEdged(t)
}

// A device whose clock begins in 1970 at each start: edged starts, updates a container, and goes on when the clock jumps
// to the time.
func TestClockJumps(t *testing.T) {
	onlyInFull(t)
	m := newMachine(t, boards["arm64"])
	m.rtc = "1970-01-01T00:01:00"
	m.boot(t)
	for _, name := range []string{"idle", "printenv"} {
		m.engine().Run(t, "pull", "--quiet", m.image(name))
	}
	before := m.edged(t, "status", "--output", "json")
	if !strings.Contains(before, `"since": "1970-01-01T`) {
		t.Fatalf("edged did not start in 1970: %s", before)
	}
	m.engine().Run(t, "run", "-d", "--name", "app", m.image("idle"))
	m.edged(t, "update", "app", m.image("printenv"))
	ear := lab.Subscribe(t, m.url(), "te/#")
	if _, code, err := m.run(t.Context(), "date", "-s", fmt.Sprintf("@%d", time.Now().Unix())); code != 0 || err != nil {
		t.Fatalf("set the clock: %d, %v", code, err)
	}
	m.edged(t, "update", "app", m.image("idle"))
	year := fmt.Sprintf(`"time":"%d-`, time.Now().UTC().Year())
	ear.WaitFor(t, bootTime, func(msg lab.Message) bool {
		return strings.HasSuffix(msg.Topic, "/edged/e/operation_finished") && strings.Contains(msg.Payload, year) && strings.Contains(msg.Payload, "committed")
	})
	if after := m.edged(t, "status", "--output", "json"); !strings.Contains(after, `"since": "1970-01-01T`) {
		t.Errorf("edged has started anew: %s", after)
	}
	if got := m.engine().Run(t, "ps", "-a", "--format", "{{.Names}} {{.Image}} {{.State}}"); got != "app "+m.image("idle")+" running" {
		t.Errorf("there is %q", got)
	}
}

// edged runs edged's command line on the device, which must succeed.
func (m *machine) edged(t *testing.T, args ...string) string {
	t.Helper()
	out, code, err := m.run(t.Context(), append([]string{"edged"}, args...)...)
	if err != nil || code != 0 {
		t.Fatalf("edged %s: %d, %v\n%s", strings.Join(args, " "), code, err, out)
	}
	return out
}

// cli runs edged's command line on the device.
func (m *machine) cli(ctx context.Context, output io.Writer, args ...string) (code int, err error) {
	out, code, err := m.run(ctx, append([]string{"edged"}, args...)...)
	fmt.Fprint(output, out)
	return code, err
}
