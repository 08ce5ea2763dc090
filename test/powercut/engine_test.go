package powercut

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"edged/test/lab"
)

// engines starts the engine and edged after a power cut at each moment. Each container must be there once, made of the
// image that the record says, and run; nothing else may be left; and every command must come to its end.
func engines(t *testing.T, recorded *recording, cuts []int64, seed uint64) {
	r, err := newReplay(recorded.disk)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	pending := 0
	for _, moment := range cuts {
		t.Run(fmt.Sprintf("seed %d after %d writes", seed, moment), func(t *testing.T) {
			if err := r.cut(moment, rand.New(rand.NewPCG(seed, uint64(moment))), recorded.disk.path("crash"), 2); err != nil {
				t.Fatal(err)
			}
			done, err := r.mounted(t.Context(), recorded.disk.path("crash"), 2)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				recorded.edged.Kill()
				noError(t, errors.Join(recorded.stopEngine(), done()))
			}()
			pending += recorded.reboot(t, moment)
		})
	}
	t.Logf("seed %d: %d cuts, %d commands were under way", seed, len(cuts), pending)
}

// reboot starts the device as it was at the moment, and returns how many commands were under way then.
func (r *recording) reboot(t *testing.T, moment int64) (pending int) {
	if err := errors.Join(r.startEngine(t.Context()), r.broker.Restart(t.Context())); err != nil {
		t.Fatal(err)
	}
	ear := lab.Subscribe(t, r.broker.URL(), "te/#")
	images := map[string]string{}
	var open []*command
	for _, c := range r.commands {
		switch {
		case c.asked > moment:
		case c.ended > 0 && c.ended <= moment:
			images[c.container] = c.image
		default:
			open = append(open, c)
			lab.Publish(t, r.broker.URL(), topic(c.id), c.init, true)
		}
	}
	for _, name := range names {
		if images[name] == "" { // none of its updates has ended
			images[name] = r.env.Image(firstImage)
		}
	}
	if err := r.edged.Start(); err != nil {
		t.Fatal(err)
	}
	ear.WaitTopic(t, patience, "te/device/main/service/edged/status/health", "up")
	for _, c := range open {
		o := final(t, ear, c.id)
		if o.Status == "successful" {
			images[c.container] = c.image
		}
		t.Logf("%s: %s %s", c.id, o.Outcome, o.Reason)
	}
	r.settles(t, images)
	r.remembers(t, moment)
	return len(open)
}

// settles waits until the containers are as they should be, and nothing else is there.
func (r *recording) settles(t *testing.T, images map[string]string) {
	var want, got []string
	for name, image := range images {
		want = append(want, name+" "+image+" running")
	}
	slices.Sort(want)
	err := eventually(t.Context(), "the containers", func() bool {
		out, err := r.engine().Try(t.Context(), "ps", "-a", "--format", "{{.Names}} {{.Image}} {{.State}}")
		got = strings.Split(out, "\n")
		slices.Sort(got)
		return err == nil && slices.Equal(got, want)
	})
	if err != nil {
		t.Errorf("there are %q, want %q; edged logged\n%s", got, want, r.log(t))
	}
}

// remembers checks that edged knows what was put off, and has found all its files in order.
func (r *recording) remembers(t *testing.T, moment int64) {
	out, err := r.edged.Command(t.Context(), "policy", "list", "--output", "json").Output()
	if err != nil {
		t.Error(err)
	}
	for _, f := range r.facts {
		id, put := strings.CutPrefix(f.what, "deferred.json has ")
		if put && f.from <= moment && (f.to == 0 || moment < f.to) && !strings.Contains(strings.ReplaceAll(string(out), " ", ""), id) {
			t.Errorf("edged has forgotten %s: %s", id, out)
		}
	}
	for line := range strings.Lines(r.log(t)) {
		if strings.Contains(line, "level=ERROR") {
			t.Errorf("edged logged %s", line)
		}
	}
}

func (r *recording) log(t *testing.T) string {
	text, err := os.ReadFile(r.edged.Log())
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
