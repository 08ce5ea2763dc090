package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/hooks"
)

// say names a delivery for comparison: "health web up", "-twin web container", "event a died".
func say(d Delivery) string {
	text := ""
	switch r := d.Record.(type) {
	case Service:
		text = "service " + r.Name
	case Gone:
		text = "gone " + r.Service
	case Health:
		text = fmt.Sprintf("health %s %s", r.Service, r.Status)
	case Twin:
		text = fmt.Sprintf("twin %s %v", r.Service, r.Value)
	case Alarm:
		text = fmt.Sprintf("alarm %s %s", r.Service, r.Text)
	case Event:
		text = "event " + r.Type
	case Telemetry:
		text = "telemetry"
	case Decision:
		text = "decision " + r.Event.ID
	case Command:
		text = "command " + r.Request.ID
		if r.Progress != nil {
			text += " " + r.Progress.Step + " " + r.Progress.Text
		}
		if r.Result != nil {
			text += " " + string(r.Result.Outcome)
		}
	}
	if d.Removed {
		text = "-" + text
	}
	return text
}

// drain takes everything that waits.
func drain(o *Outbox) (said []string, all []Delivery) {
	for d, ok := o.Next(); ok; d, ok = o.Next() {
		said, all = append(said, say(d)), append(all, d)
	}
	return said, all
}

func expect(t *testing.T, o *Outbox, want ...string) []Delivery {
	t.Helper()
	said, all := drain(o)
	if !slices.Equal(said, want) {
		t.Fatalf("told %q, want %q", said, want)
	}
	return all
}

func command(id string, p *request.Progress, outcome request.Outcome) Command {
	c := Command{Request: request.Request{ID: id, Op: request.Update, Actor: request.ActorMQTT}, Progress: p}
	if outcome != "" {
		c.Result = &request.Result{Outcome: outcome}
	}
	return c
}

func TestOutboxOrder(t *testing.T) {
	tests := []struct {
		name string
		put  []Record
		want []string
	}{
		{"newest state only",
			[]Record{Health{Service: "a", Status: Up}, Health{Service: "a", Status: Down}},
			[]string{"health a down"}},
		{"health overtakes events and other states",
			[]Record{Event{Type: "e"}, Twin{Service: "a", Value: 1}, Health{Service: "b", Status: Down}},
			[]string{"health b down", "twin a 1", "event e"}},
		{"registration before the health of the same service",
			[]Record{Service{Name: "b"}, Service{Name: "a"}, Health{Service: "a", Status: Up}},
			[]string{"service a", "health a up", "service b"}},
		{"what happens once keeps its order",
			[]Record{Event{Type: "1"}, Decision{Event: hooks.Event{ID: "2"}}, Event{Type: "3"}},
			[]string{"event 1", "decision 2", "event 3"}},
		{"gone takes back all states, the registration last",
			[]Record{Service{Name: "a"}, Twin{Service: "a", Value: 1}, Health{Service: "a", Status: Up},
				Alarm{Service: "a", Text: "x"}, Service{Name: "b"}, Gone{Service: "a"}},
			[]string{"-health a up", "-alarm a x", "-twin a 1", "service b", "gone a"}},
		{"gone and back again",
			[]Record{Service{Name: "a"}, Gone{Service: "a"}, Service{Name: "a"}, Health{Service: "a", Status: Up}},
			[]string{"service a", "health a up"}},
		{"a service with another's name in front keeps its states",
			[]Record{Twin{Service: "a b", Value: 1}, Gone{Service: "a"}},
			[]string{"twin a b 1", "gone a"}},
		{"of a request that nobody follows steps and end are events",
			[]Record{Command{Request: request.Request{ID: "1"}},
				Command{Request: request.Request{ID: "1"}, Progress: &request.Progress{Step: "pull"}},
				Command{Request: request.Request{ID: "1"}, Progress: &request.Progress{Step: "pull", Text: "soon after"}},
				Command{Request: request.Request{ID: "1"}, Progress: &request.Progress{Step: "start"}},
				Command{Request: request.Request{ID: "1"}, Result: &request.Result{Outcome: request.Deferred}},
				Command{Request: request.Request{ID: "1"}, Result: &request.Result{Outcome: request.Denied}}},
			[]string{"command 1 pull ", "command 1 start ", "command 1 denied"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := NewOutbox(Limits{})
			for _, r := range tt.put {
				o.Put(r)
			}
			expect(t, o, tt.want...)
		})
	}
}

func TestOutboxResendsLivingStates(t *testing.T) {
	o := NewOutbox(Limits{})
	o.Put(Service{Name: "a"})
	o.Put(Health{Service: "a", Status: Up})
	o.Put(Event{Type: "1"})
	o.Put(Event{Type: "2"})
	for _, d := range expect(t, o, "service a", "health a up", "event 1", "event 2")[:3] {
		o.Sent(d)
	}
	o.Resend()
	expect(t, o, "service a", "health a up", "event 2")
}

func TestOutboxForgetsWhatIsGone(t *testing.T) {
	o := NewOutbox(Limits{})
	o.Put(Service{Name: "a"})
	o.Put(Twin{Service: "a", Value: 1})
	drain(o)
	o.Put(Gone{Service: "a"})
	removals := expect(t, o, "-twin a 1", "gone a")
	o.Resend() // unconfirmed: said again
	removals = append(removals[:0], expect(t, o, "-twin a 1", "gone a")...)
	for _, d := range removals {
		o.Sent(d)
	}
	o.Resend()
	expect(t, o)
	if n := o.Stats().States; n != 0 {
		t.Errorf("%d states left of a service that is gone", n)
	}
}

// What happened to a service that was removed meanwhile is not told under its name, and what it used is not told at all.
func TestOutboxMindsWhatIsGone(t *testing.T) {
	o := NewOutbox(Limits{})
	for _, name := range []string{"web", "db"} {
		o.Put(Service{Name: name})
		o.Put(Event{Service: name, Type: "container_died", Fields: map[string]any{"exitCode": 1}})
	}
	o.Put(Telemetry{Services: map[string]Usage{"web": {}, "db": {}, "": {}}})
	o.Put(Gone{Service: "web"})
	o.Put(Event{Service: "web", Type: "container_removed"})
	_, all := drain(o)
	for _, d := range all {
		o.Sent(d)
	}
	o.Put(Event{Service: "web", Type: "late"})
	_, late := drain(o)
	o.Put(Service{Name: "web"})
	o.Put(Event{Service: "web", Type: "container_created"})
	_, more := drain(o)
	var got []string
	for _, d := range slices.Concat(all, late, more) {
		switch r := d.Record.(type) {
		case Event:
			got = append(got, fmt.Sprintf("%s: %s %v", r.Service, r.Type, r.Fields))
		case Telemetry:
			got = append(got, fmt.Sprint(slices.Sorted(maps.Keys(r.Services))))
		}
	}
	want := []string{
		": container_died map[exitCode:1 service:web]", "db: container_died map[exitCode:1]", "[ db]",
		": container_removed map[service:web]", ": late map[service:web]", "web: container_created map[]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("told\n%q, want\n%q", got, want)
	}
	for i := range 3 * maxGone {
		o.Put(Gone{Service: fmt.Sprint(i)})
	}
	if len(o.gone) != maxGone || !o.gone[fmt.Sprint(3*maxGone-1)] {
		t.Errorf("%d removed services are remembered", len(o.gone))
	}
}

func TestOutboxKeepsAStateReplacedOnItsWay(t *testing.T) {
	o := NewOutbox(Limits{})
	o.Put(Gone{Service: "a"})
	old := expect(t, o, "gone a")[0]
	o.Put(Service{Name: "a"})
	o.Sent(old)
	expect(t, o, "service a")

	o.Put(Gone{Service: "a"})
	o.Put(Gone{Service: "a"}) // a new state under the same key
	o.Sent(old)
	expect(t, o, "gone a")
}

func TestOutboxDropsTheOldestAndCounts(t *testing.T) {
	tests := []struct {
		name   string
		limits Limits
		text   string
		want   []string
	}{
		{"by number", Limits{Records: 3}, "", []string{"event records_dropped", "event 3", "event 4", "event 5"}},
		{"by size", Limits{Bytes: 3000}, strings.Repeat("x", 1000), []string{"event records_dropped", "event 4", "event 5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := NewOutbox(tt.limits)
			for i := range 6 {
				o.Put(Event{Type: fmt.Sprint(i), Text: tt.text})
			}
			all := expect(t, o, tt.want...)
			lost := 7 - len(tt.want)
			if got := all[0].Record.(Event).Fields["count"]; got != lost {
				t.Errorf("told of %v dropped records, want %d", got, lost)
			}
			if got := o.Stats().Lost; got != lost {
				t.Errorf("counted %d dropped records, want %d", got, lost)
			}
		})
	}
}

func TestOutboxSparesWhatIsOnItsWay(t *testing.T) {
	o := NewOutbox(Limits{Records: 2})
	o.Put(Event{Type: "1"})
	first, _ := o.Next()
	o.Put(Event{Type: "2"})
	o.Put(Event{Type: "3"})
	o.Sent(first)
	expect(t, o, "event records_dropped", "event 3")
}

// A tale of dropped records that is dropped itself still counts for all of them.
func TestOutboxNeverForgetsALoss(t *testing.T) {
	o := NewOutbox(Limits{Records: 2})
	for i := range 4 {
		o.Put(Event{Type: fmt.Sprint(i)})
	}
	drain(o) // on its way: the tale of 2, and two events
	o.Resend()
	for i := range 4 {
		o.Put(Event{Type: fmt.Sprint(i)})
	}
	told := 0
	for d, ok := o.Next(); ok; d, ok = o.Next() {
		if e := d.Record.(Event); e.Type == "records_dropped" {
			told += e.Fields["count"].(int)
		}
	}
	if lost := o.Stats().Lost; told != lost || lost < 6 {
		t.Errorf("told of %d dropped records, counted %d", told, lost)
	}
}

func TestOutboxConfirmedOutOfOrder(t *testing.T) {
	o := NewOutbox(Limits{})
	for i := range 3 {
		o.Put(Event{Type: fmt.Sprint(i)})
	}
	all := expect(t, o, "event 0", "event 1", "event 2")
	o.Sent(all[2])
	o.Sent(all[0])
	o.Resend()
	o.Put(Event{Type: "3"})
	o.Sent(expect(t, o, "event 1", "event 3")[0])
	if n := o.Stats().Backlog; n != 1 {
		t.Errorf("%d wait for confirmation, want 1", n)
	}
}

func TestOutboxThinsOutProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOutbox(Limits{})
		progress := func(step, text string) { o.Put(command("1", &request.Progress{Step: step, Text: text}, "")) }
		o.Put(command("1", nil, ""))
		expect(t, o, "command 1")
		progress("pull", "1")
		progress("pull", "2")
		expect(t, o, "command 1 pull 1")
		<-time.After(progressEvery)
		progress("pull", "3")
		expect(t, o, "command 1 pull 3")
		progress("stop", "")
		expect(t, o, "command 1 stop ")
		o.Put(command("1", nil, request.Committed))
		expect(t, o, "command 1 committed")
	})
}

func TestOutboxBoundsFinishedCommands(t *testing.T) {
	o := NewOutbox(Limits{})
	for i := range keepFinished + 10 {
		o.Put(command(fmt.Sprint(i), nil, request.Committed))
		drain(o)
	}
	o.Resend()
	said, _ := drain(o)
	if len(said) != keepFinished {
		t.Errorf("%d finished commands kept, want %d", len(said), keepFinished)
	}
	if lost := o.Stats().Lost; lost != 0 {
		t.Errorf("%d told commands counted as lost", lost)
	}
	for i := range keepFinished + 2 {
		o.Put(command("new"+fmt.Sprint(i), nil, request.Committed))
	}
	if lost := o.Stats().Lost; lost != 2 {
		t.Errorf("%d counted as lost, want the 2 that were never told", lost)
	}
}

func TestOutboxRetellAndForget(t *testing.T) {
	o := NewOutbox(Limits{})
	key := CommandKey(request.Request{Op: request.Update, ID: "1"})
	o.Put(command("1", nil, request.Committed))
	expect(t, o, "command 1 committed")
	if !o.Retell(key) {
		t.Fatal("the command is unknown")
	}
	expect(t, o, "command 1 committed")
	o.Retell(key)
	o.Forget(key)
	if o.Retell(key) || len(o.finished) != 0 {
		t.Error("the command is still known")
	}
	expect(t, o)
}

func TestOutboxReady(t *testing.T) {
	o := NewOutbox(Limits{})
	for _, wake := range []func(){func() { o.Put(Event{}) }, o.Resend} {
		wake()
		select {
		case <-o.Ready():
		default:
			t.Error("not ready")
		}
	}
}

func BenchmarkOutbox(b *testing.B) {
	o := NewOutbox(Limits{})
	b.ReportAllocs()
	for b.Loop() {
		o.Put(Health{Service: "web", Status: Up})
		d, _ := o.Next()
		o.Sent(d)
	}
}
