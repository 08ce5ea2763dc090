package report

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/hooks"
)

// keeper is an outbox that is kept in a folder, in a bubble.
type keeper struct {
	*testing.T
	*Outbox
	dir  string
	kill func() // as kill -9 does: what is not written is lost
	end  func() // in good order
}

func keep(t *testing.T, dir string, limits Limits) *keeper {
	t.Helper()
	o := NewOutbox(limits)
	o.Keep(dir, slog.New(slog.NewTextHandler(t.Output(), nil)))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- o.Run(ctx) }()
	k := &keeper{T: t, Outbox: o, dir: dir}
	k.end = func() { cancel(); <-done }
	k.kill = func() {
		o.mu.Lock() // Run ends without a word
		o.onDisk, o.store.path, o.backlog.items, o.states, o.unsaved = false, "/dev/null/killed", nil, nil, time.Time{}
		o.mu.Unlock()
		k.end()
	}
	return k
}

func (k *keeper) size() int64 {
	info, err := os.Stat(filepath.Join(k.dir, "outbox.log"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// all that can wait in a file.
func all() []Record {
	at := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	mine := command("7", nil, request.RolledBack)
	mine.Request.Extra, mine.Request.Via = []byte(`{"mine":1}`), "device/main//"
	return []Record{
		Event{Service: "web", Type: "died", Text: "x", Time: at, Fields: map[string]any{"exitCode": 1.0, "logs": []any{"a"}}},
		Decision{Event: hooks.Event{ID: "d", Op: "stop"}, Decision: hooks.Decision{Verdict: hooks.VerdictDeny, Answers: []hooks.Answer{{Script: "a.lua", Line: 3}}}},
		Telemetry{Time: at, Services: map[string]Usage{"web": {CPU: 1.5}}},
		Command{Request: request.Request{ID: "8", Op: request.Pull, Actor: request.ActorCLI}, Result: &request.Result{Outcome: request.Denied, Reason: "no"}, Time: at},
		Alarm{Service: "web", Type: "a", Severity: Major, Text: "bad", Time: at},
		mine,
	}
}

// What waited is told by the next run, in its order, and then the file is gone.
func TestKeepOutlivesAKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := keep(t, t.TempDir(), Limits{})
		for _, r := range all() {
			first.Put(r)
		}
		<-time.After(2 * waitVital)
		if first.size() == 0 {
			t.Fatal("results and alarms are not written")
		}
		before := first.size()
		first.Put(Event{Type: "later"})
		<-time.After(waitCommon / 2)
		if first.size() != before {
			t.Error("an event is written at once")
		}
		<-time.After(waitCommon)
		first.kill()

		second := keep(t, first.dir, Limits{})
		deliveries := expect(t, second.Outbox, "alarm web bad", "command 7 rolled-back", "event died", "decision d", "telemetry", "command 8 denied", "event later")
		mine := deliveries[1].Record.(Command)
		if mine.Request.Actor != request.ActorMQTT || string(mine.Request.Extra) != `{"mine":1}` || mine.Request.Via != "device/main//" {
			t.Errorf("the command became %+v", mine.Request)
		}
		if e := deliveries[2].Record.(Event); fmt.Sprint(e) != fmt.Sprint(all()[0]) {
			t.Errorf("the event became %+v", e)
		}
		for _, d := range deliveries {
			second.Sent(d)
		}
		<-time.After(2 * writePause)
		if second.size() != 0 {
			t.Error("the file is still there")
		}
		second.end()
		third := keep(t, first.dir, Limits{})
		expect(t, third.Outbox)
		if !third.Retell(CommandKey(mine.Request)) {
			t.Error("the result of the command is forgotten")
		}
		third.end()
	})
}

// With a broker nothing is written, but for the results of commands.
func TestKeepWritesNothingThatIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, t.TempDir(), Limits{})
		for range 1000 {
			for _, r := range all()[:5] {
				k.Put(r)
			}
			_, deliveries := drain(k.Outbox)
			for _, d := range deliveries {
				k.Sent(d)
			}
			<-time.After(100 * time.Millisecond)
		}
		if entries, _ := os.ReadDir(k.dir); len(entries) != 0 {
			t.Errorf("written: %v", entries)
		}
		k.end()
	})
}

// Edged that ends in good order writes what is left.
func TestKeepAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := keep(t, t.TempDir(), Limits{})
		first.Put(Event{Type: "last"})
		first.end()
		second := keep(t, first.dir, Limits{})
		expect(t, second.Outbox, "event last")
		second.end()
	})
}

// The same command is known again after a restart; one that was cleared is not.
func TestKeepRemembersCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := keep(t, t.TempDir(), Limits{})
		done, cleared := command("done", nil, request.Committed), command("cleared", nil, request.Committed)
		for _, c := range []Command{done, cleared} {
			first.Put(c)
		}
		_, deliveries := drain(first.Outbox)
		for _, d := range deliveries {
			first.Sent(d)
		}
		<-time.After(waitVital)
		first.Forget(cleared.Key())
		<-time.After(2 * writePause)
		first.kill()

		second := keep(t, first.dir, Limits{})
		second.Resend()
		expect(t, second.Outbox) // it was told before, and may be cleared by now
		if !second.Retell(done.Key()) || second.Retell(cleared.Key()) {
			t.Error("remembers the wrong command")
		}
		expect(t, second.Outbox, "command done committed")
		second.end()
	})
}

// A line that a power cut has left in the middle, or that makes no sense, ends the file.
func TestKeepSurvivesATornFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := keep(t, t.TempDir(), Limits{})
		first.Put(Event{Type: "1"})
		first.Put(Event{Type: "2"})
		first.end()
		path := filepath.Join(first.dir, "outbox.log")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			text string
			want []string
		}{
			{string(text[:len(text)-5]), []string{"event 1"}},
			{string(text) + "\x00\x00\x00\x00", []string{"event 1", "event 2"}},
			{string(text) + "{}\n" + string(text), []string{"event 1", "event 2"}},
			{strings.Repeat("x", 2*maxLine), nil},
			{"", nil},
		} {
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			k := keep(t, first.dir, Limits{})
			expect(t, k.Outbox, tt.want...)
			k.Put(Event{Type: "new"})
			k.Resend()
			k.end()
			k = keep(t, first.dir, Limits{})
			expect(t, k.Outbox, append(slices.Clone(tt.want), "event new")...)
			k.end()
		}
	})
}

// A folder that can't be written costs durability and nothing else.
func TestKeepWithoutAFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, "/proc/nowhere", Limits{})
		for i := range 2 * inMemory.Records {
			k.Put(Event{Type: fmt.Sprint(i)})
		}
		<-time.After(2 * waitCommon)
		s := k.Stats()
		if s.Backlog != inMemory.Records || s.Lost != inMemory.Records {
			t.Errorf("%+v", s)
		}
		k.end()
	})
}

// Telemetry makes room first, then events, and results last; what was lost is counted.
func TestDropOrder(t *testing.T) {
	o := NewOutbox(Limits{Records: 4})
	result := func(id string) Command {
		return Command{Request: request.Request{ID: id}, Result: &request.Result{Outcome: request.Denied}}
	}
	o.Put(result("r1"))
	o.Put(Telemetry{})
	o.Put(Event{Type: "e1"})
	o.Put(Telemetry{})
	o.Put(Event{Type: "e2"})
	o.Put(result("r2"))
	o.Put(result("r3"))
	expect(t, o, "event records_dropped", "command r1 denied", "event e2", "command r2 denied", "command r3 denied")
	if lost := o.Stats().Lost; lost != 3 {
		t.Errorf("%d lost, want 3", lost)
	}
}

// A day without a broker, with a round of telemetry a minute, 10 000 events and more, costs a bounded file, few writes and
// little memory, and afterwards everything is told in its order.
func TestADayWithoutABroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := Limits{Records: 10_000, Bytes: 4 << 20}
		k := keep(t, t.TempDir(), limits)
		round := Telemetry{Services: map[string]Usage{}}
		for i := range 30 {
			round.Services[fmt.Sprintf("service-%02d", i)] = Usage{CPU: 1.25, Memory: 0.5, NetIO: 123456}
		}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		writes, largest, last := 0, int64(0), k.wrote
		const minutes, events = 24 * 60, 10_000
		for minute := range minutes {
			k.Put(round)
			for i := range events / minutes {
				k.Put(Event{Service: "web", Type: "container_died", Text: "web ended with exit code 1", Fields: map[string]any{"exitCode": 1, "n": minute*10 + i}})
			}
			<-time.After(time.Minute)
			synctest.Wait()
			k.mu.Lock()
			if k.wrote != last {
				writes, last = writes+1, k.wrote
			}
			k.mu.Unlock()
			largest = max(largest, k.size())
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		t.Logf("after a day: %d writes, %d bytes of file at most, %d bytes of heap more, %+v", writes, largest, held, k.Stats())
		if writes > 24*61 || largest > 2*int64(limits.Bytes)+1<<20 || held > 4<<20 {
			t.Errorf("%d writes, %d bytes on disk, %d in memory", writes, largest, held)
		}
		s := k.Stats()
		if s.Backlog > limits.Records || s.Lost == 0 {
			t.Errorf("%+v", s)
		}
		n, seen := -1, 0
		for d, ok := k.Next(); ok; d, ok = k.Next() {
			if e, is := d.Record.(Event); is && e.Type == "container_died" {
				if now := int(e.Fields["n"].(float64)); now <= n {
					t.Fatalf("event %d after %d", now, n)
				} else {
					n = now
				}
				seen++
			}
			k.Sent(d)
		}
		if seen != events/minutes*minutes {
			t.Errorf("%d of %d events, though there was telemetry to drop", seen, events/minutes*minutes)
		}
		<-time.After(2 * writePause)
		if k.size() != 0 {
			t.Error("the file is still there")
		}
		k.end()
	})
}

func FuzzDecode(f *testing.F) {
	for _, r := range all() {
		line, err := encode(r, 0)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"command":{"Request":{"op":"stop"},"extra":[}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, loss, err := decode(line)
		if err != nil {
			return
		}
		again, err := encode(r, loss)
		if err != nil {
			t.Fatalf("%q was read as %+v and can't be written: %v", line, r, err)
		}
		if _, _, err := decode(again); err != nil {
			t.Errorf("%q was written as %q: %v", line, again, err)
		}
	})
}
