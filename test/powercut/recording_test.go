package powercut

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"edged/test/lab"
)

// names are the containers that are updated.
var names = []string{"first", "second"}

// fact is what holds after a power cut at these moments.
type fact struct {
	from, to int64 // to is 0: for good
	what     string
	check    func(state string) error
}

// command is an update that was asked for over MQTT.
type command struct {
	id, container, image string
	init                 string // the message
	asked, ended         int64  // moments; ended is 0 if the recording ends before
	outcome              outcome
}

// outcome is how a command ended.
type outcome struct{ Status, Outcome, Reason string }

// recording is what happened on a device, and when.
type recording struct {
	*device
	t        *testing.T
	ear      *lab.Subscription
	from, to int64 // moments between which there may be a cut
	facts    []fact
	commands []*command
	images   map[string]string // what each container is made of
	installs int
}

// record lets a device work for so long: updates, requests that are put off and called off, a broker that is away.
func record(t *testing.T, d *device, while time.Duration) *recording {
	t.Helper()
	r := &recording{device: d, t: t, images: map[string]string{}}
	for _, image := range []string{firstImage, secondImage} {
		if err := d.docker.Pull(t.Context(), d.env.Image(image), "", ""); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range names {
		r.images[name] = d.env.Image(firstImage)
		d.engine().Run(t, "run", "-d", "--name", name, "--restart", []string{"always", "unless-stopped"}[i], r.images[name])
	}
	r.ear = lab.Subscribe(t, d.broker.URL(), "te/#")
	if err := d.edged.Start(); err != nil {
		t.Fatal(err)
	}
	r.ear.WaitTopic(t, patience, "te/device/main/service/edged/status/health", "up")
	for _, p := range d.disk.parts { // Docker itself does not wait until what it has started is on the disk as such
		noError(t, run(t.Context(), "sync", "-f", p.at))
	}
	r.from = r.now()
	watched := watch(t, r.disk, d.state())
	away := false
	for begun := time.Now(); time.Since(begun) < while; {
		r.defers()
		r.updates(names[0])
		if !away && time.Since(begun) > while/3 {
			away = true
			r.withoutBroker()
		}
		r.updates(names...)
	}
	r.asks(names[1]) // and ends in the middle of it
	r.to = r.now()
	r.facts = append(r.facts, watched()...)
	d.edged.Kill()
	noError(t, d.stopEngine())
	noError(t, d.disk.close())
	t.Logf("recorded %s: %d writes, %d updates, %d installations put off, %d facts",
		while, r.to, len(r.commands), r.installs, len(r.facts))
	return r
}

// now is the present moment.
func (r *recording) now() int64 {
	r.t.Helper()
	moment, err := r.disk.position()
	if err != nil {
		r.t.Fatal(err)
	}
	return moment
}

// asks has edged update a container to its other image.
func (r *recording) asks(container string) *command {
	r.t.Helper()
	image := r.env.Image(firstImage)
	if r.images[container] == image {
		image = r.env.Image(secondImage)
	}
	c := &command{id: fmt.Sprintf("u%d", len(r.commands)), container: container, image: image, asked: r.now()}
	c.init = fmt.Sprintf(`{"status":"init","container":%q,"image":%q}`, container, image)
	r.commands = append(r.commands, c)
	lab.Publish(r.t, r.broker.URL(), topic(c.id), c.init, true)
	return c
}

// ends waits for the end of a command.
func (r *recording) ends(c *command) {
	r.t.Helper()
	c.outcome = final(r.t, r.ear, c.id)
	c.ended = r.now()
	if c.outcome.Status != "successful" {
		r.t.Fatalf("%s ended as %+v", c.id, c.outcome)
	}
	was := r.images[c.container]
	r.images[c.container] = c.image
	r.facts = append(r.facts, holds("images.json", was, c.ended, 0))
}

// updates has edged update containers at the same time.
func (r *recording) updates(containers ...string) {
	r.t.Helper()
	var all []*command
	for _, name := range containers {
		all = append(all, r.asks(name))
	}
	for _, c := range all {
		r.ends(c)
	}
}

// withoutBroker has updates end while the broker does not answer, so that their results must wait on the disk.
func (r *recording) withoutBroker() {
	r.t.Helper()
	var all []*command
	for _, name := range names {
		c := r.asks(name)
		r.ear.WaitTopic(r.t, patience, topic(c.id), "executing")
		all = append(all, c)
	}
	r.broker.Pause()
	err := eventually(r.t.Context(), "the outbox to be written", func() bool {
		info, err := os.Stat(r.state() + "/outbox.log")
		return err == nil && info.Size() > 0
	})
	r.broker.Resume()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range all {
		r.ends(c)
	}
}

// defers asks for an installation, which the script puts off, and calls one off that was put off before.
func (r *recording) defers() {
	r.t.Helper()
	id := fmt.Sprintf("i%d", r.installs)
	r.installs++
	out, err := r.edged.Command(r.t.Context(), "install", "new-"+id, r.env.Image(firstImage), "--id", id).CombinedOutput()
	if !strings.Contains(string(out), "at night") {
		r.t.Fatalf("install: %v\n%s", err, out)
	}
	r.facts = append(r.facts, holds("deferred.json", `"id":"`+id+`"`, r.now(), 0))
	if r.installs%2 > 0 {
		return
	}
	last := &r.facts[len(r.facts)-1]
	last.to = r.now()
	if out, err := r.edged.Command(r.t.Context(), "cancel", id).CombinedOutput(); err != nil {
		r.t.Fatalf("cancel: %v\n%s", err, out)
	}
}

// final waits for the end of a command.
func final(t *testing.T, ear *lab.Subscription, id string) (o outcome) {
	t.Helper()
	m := ear.WaitFor(t, patience, func(m lab.Message) bool {
		return m.Topic == topic(id) && (strings.Contains(m.Payload, `"status":"successful"`) || strings.Contains(m.Payload, `"status":"failed"`))
	})
	if err := json.Unmarshal([]byte(m.Payload), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// holds is the fact that a document has a text.
func holds(document, text string, from, to int64) fact {
	return fact{from: from, to: to, what: document + " has " + text, check: func(state string) error {
		found, err := os.ReadFile(state + "/" + document)
		if err == nil && !strings.Contains(string(found), text) {
			err = fmt.Errorf("it is %s", found)
		}
		return err
	}}
}
