// Package story is what `make demo` shows of edged, on whatever device: on this machine, or on an emulated one.
package story

import (
	"context"
	"fmt"
	"strings"
)

// Containers are what the story makes, and takes away at its end.
var Containers = []string{"web", "sensor", "moody"}

// step is one thing that must happen.
type step struct {
	title string
	do    func(context.Context, *Stage) error
}

// Play has everything happen, one step after the other, and ends with an error as soon as one does not.
func (s *Stage) Play(ctx context.Context) error {
	for n, st := range story() {
		Title(fmt.Sprintf("%d. %s", n+1, st.title))
		if err := st.do(ctx, s); err != nil {
			return fmt.Errorf("step %d (%s) did not happen: %w", n+1, st.title, err)
		}
	}
	Title("all of it happened")
	return nil
}

func story() []step {
	return []step{
		{"containers appear on MQTT", appear},
		{"a pull from a registry that the policy does not trust is denied", deniedPull},
		{"an update succeeds, and its outage is known", goodUpdate},
		{"an update to an image that exits at once is rolled back", badUpdate},
		{"a container that turns unhealthy is restarted by a script's decision", unhealthy},
		{"a container that is removed disappears from MQTT", disappear},
	}
}

func appear(ctx context.Context, s *Stage) error {
	from := s.Ear.now()
	for name, image := range map[string]string{"web": "web:1", "sensor": "printenv:1"} {
		if _, err := s.docker(ctx, "run", "-d", "--name", name, s.Image(image)); err != nil {
			return err
		}
	}
	for _, name := range []string{"web", "sensor"} {
		if _, err := s.Ear.Wait(ctx, from, name+" is up", Health(name, "up")); err != nil {
			return err
		}
	}
	_, err := s.cli(ctx, 0, "ps")
	return err
}

func deniedPull(ctx context.Context, s *Stage) error {
	from := s.Ear.now()
	out, err := s.cli(ctx, 10, "pull", "registry.untrusted.example/app:1")
	if err == nil && !strings.Contains(out, "denied") {
		return fmt.Errorf("the answer does not say that it was denied")
	}
	if err != nil {
		return err
	}
	_, err = s.Ear.Wait(ctx, from, "the decision", decision("deny"))
	return err
}

func goodUpdate(ctx context.Context, s *Stage) error {
	out, err := s.cli(ctx, 0, "update", "web", s.Image("web:2"))
	if err == nil && !strings.Contains(out, "outage") {
		return fmt.Errorf("the outage was not told")
	}
	if err != nil {
		return err
	}
	return s.serves(ctx, "web:2")
}

func badUpdate(ctx context.Context, s *Stage) error {
	if _, err := s.cli(ctx, 13, "update", "web", s.Image("exits:1")); err != nil {
		return err
	}
	return s.serves(ctx, "web:2")
}

func unhealthy(ctx context.Context, s *Stage) error {
	at := s.Ear.now()
	if _, err := s.docker(ctx, "run", "-d", "--name", "moody", "-e", "SICK_AFTER=0", s.Image("sickly:1")); err != nil {
		return err
	}
	at, err := s.Ear.Wait(ctx, at, "moody is healthy", Health("moody", "up"))
	if err != nil {
		return err
	}
	if _, err := s.docker(ctx, "exec", "moody", "touch", "/tmp/sick"); err != nil {
		return err
	}
	return s.inOrder(ctx, at,
		expected{"moody turns unhealthy", Health("moody", "down")},
		expected{"the script decides", decision("restart")},
		expected{"moody is healthy again", Health("moody", "up")},
	)
}

func disappear(ctx context.Context, s *Stage) error {
	at := s.Ear.now()
	if _, err := s.cli(ctx, 0, "remove", "sensor"); err != nil {
		return err
	}
	return s.inOrder(ctx, at, expected{"the registration of sensor is taken back", func(m Message) bool {
		return m.topic == "te/device/main/service/sensor" && m.payload == ""
	}})
}

// expected is a message that must come.
type expected struct {
	what  string
	match func(Message) bool
}

func (s *Stage) inOrder(ctx context.Context, at int, messages ...expected) (err error) {
	for _, m := range messages {
		if at, err = s.Ear.Wait(ctx, at, m.what, m.match); err != nil {
			return err
		}
	}
	return nil
}

// serves makes sure that web runs the image.
func (s *Stage) serves(ctx context.Context, image string) error {
	got, err := s.docker(ctx, "inspect", "-f", "{{.Config.Image}} {{.State.Running}}", "web")
	if err != nil {
		return err
	}
	if want := s.Image(image) + " true"; strings.TrimSpace(got) != want {
		return fmt.Errorf("web is %q, want %q", strings.TrimSpace(got), want)
	}
	return nil
}

// Health is the word that a service is so.
func Health(service, status string) func(Message) bool {
	return func(m Message) bool {
		return m.topic == "te/device/main/service/"+service+"/status/health" && strings.Contains(m.payload, `"status":"`+status+`"`)
	}
}

func decision(word string) func(Message) bool {
	return func(m Message) bool {
		return strings.HasSuffix(m.topic, "/e/policy_decision") && strings.Contains(m.payload, `"`+word+`"`)
	}
}
