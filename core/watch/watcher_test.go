package watch

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"edged/engine"
)

// fakeEngine answers listings when the test lets it.
type fakeEngine struct {
	events   chan engine.Event
	requests chan []string // ids of each listing asked for
	answers  chan answer
}

type answer struct {
	found []engine.TedgeContainer
	err   error
}

func (f *fakeEngine) Events(ctx context.Context) <-chan engine.Event {
	out := make(chan engine.Event)
	go func() {
		defer close(out)
		for {
			select {
			case ev := <-f.events:
				select {
				case out <- ev:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (f *fakeEngine) List(ctx context.Context, o engine.FilterOptions) ([]engine.TedgeContainer, error) {
	f.requests <- o.IDs
	select {
	case a := <-f.answers:
		return a.found, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// rig is a Watcher at work in a bubble.
type rig struct {
	*testing.T
	*fakeEngine
	w *Watcher
}

func watching(t *testing.T, test func(r rig)) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeEngine{events: make(chan engine.Event), requests: make(chan []string, 100), answers: make(chan answer)}
		r := rig{t, f, New(f, slog.New(slog.DiscardHandler))}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.w.Run(ctx) }()
		test(r)
		cancel()
		<-done
	})
}

// asked returns the ids of the listing that was just asked for; nil is all.
func (r rig) asked() []string {
	r.Helper()
	synctest.Wait()
	select {
	case ids := <-r.requests:
		return ids
	default:
		r.Fatal("no listing was asked for")
		return nil
	}
}

func (r rig) notAsked(why string) {
	r.Helper()
	synctest.Wait()
	select {
	case ids := <-r.requests:
		r.Fatalf("asked for a listing of %v, though %s", ids, why)
	default:
	}
}

// send returns when the watcher has taken the event in.
func (r rig) send(ev engine.Event) {
	r.events <- ev
	synctest.Wait()
}

func (r rig) connect() { r.send(engine.Event{Kind: engine.KindEngine, Action: engine.ActionConnected}) }

func (r rig) take() []Change {
	r.Helper()
	synctest.Wait()
	select {
	case <-r.w.Changed():
		return r.w.Take()
	default:
		return nil
	}
}

func TestSubscribeListFollow(t *testing.T) {
	watching(t, func(r rig) {
		r.notAsked("the stream does not stand")
		if r.w.Connected() {
			t.Error("connected before the stream stands")
		}
		r.connect()
		if ids := r.asked(); ids != nil {
			t.Fatalf("the first listing is of %v, want all", ids)
		}
		r.send(died("a", 4)) // happens while the engine lists
		r.answers <- answer{found: []engine.TedgeContainer{listedAs("a", "running", "Up 1 hour"), listedAs("b", "running", "Up 1 hour")}}
		if all := r.take(); len(all) != 2 || all[0].Container.State != "exited" || all[0].Container.ExitCode != 4 || all[1].Container.ID != "b" {
			t.Fatalf("changes = %+v, want a exited with 4, for it ended after the listing, and b", all)
		}
		if ids := r.asked(); len(ids) != 1 || ids[0] != "a" {
			t.Fatalf("asked for %v, want [a]", ids)
		}
		r.answers <- answer{found: []engine.TedgeContainer{listedAs("a", "exited", "Exited (4) 1 second ago")}}
		if all := r.take(); len(all) != 1 || all[0].Container.State != "exited" || all[0].Container.ExitCode != 4 || all[0].Exits != 0 {
			t.Fatalf("changes = %+v, want a exited with 4, and no end that was not told", all)
		}
		r.notAsked("nothing has happened")
		if !r.w.Connected() {
			t.Error("not connected")
		}
	})
}

func TestOneListingAtATime(t *testing.T) {
	watching(t, func(r rig) {
		r.connect()
		r.asked()
		r.answers <- answer{}
		r.send(about("a", engine.ActionCreate))
		r.asked()
		r.send(about("b", engine.ActionCreate))
		r.send(about("c", engine.ActionCreate))
		r.notAsked("a listing is under way")
		r.answers <- answer{}
		if ids := r.asked(); len(ids) != 2 || ids[0] != "b" || ids[1] != "c" {
			t.Fatalf("asked for %v, want [b c]", ids)
		}
		r.answers <- answer{}
	})
}

func TestGapIsCompared(t *testing.T) {
	watching(t, func(r rig) {
		r.connect()
		r.asked()
		r.answers <- answer{found: []engine.TedgeContainer{listedAs("a", "running", "Up 1 hour")}}
		r.take()
		r.send(engine.Event{Kind: engine.KindEngine, Action: engine.ActionDisconnected})
		synctest.Wait()
		if r.w.Connected() {
			t.Error("connected without a stream")
		}
		r.notAsked("the engine is away")
		r.connect()
		if ids := r.asked(); ids != nil {
			t.Fatalf("asked for %v, want all", ids)
		}
		r.answers <- answer{found: []engine.TedgeContainer{listedAs("b", "running", "Up 1 second")}}
		all := r.take()
		if len(all) != 2 || all[0].Container.ID != "b" || !all[1].Gone {
			t.Fatalf("changes = %+v, want b new, then a gone", all)
		}
	})
}

func TestFailedListingIsTriedAgain(t *testing.T) {
	watching(t, func(r rig) {
		r.connect()
		r.asked()
		r.answers <- answer{err: errors.New("the engine is busy")}
		r.notAsked("it has just failed")
		<-time.After(listRetry - time.Millisecond)
		r.send(about("a", engine.ActionCreate))
		r.notAsked("it failed less than listRetry ago")
		<-time.After(time.Millisecond)
		if ids := r.asked(); ids != nil {
			t.Fatalf("asked for %v, want all", ids)
		}
		r.answers <- answer{found: []engine.TedgeContainer{listedAs("a", "running", "Up 1 hour")}}
		if all := r.take(); len(all) != 1 {
			t.Fatalf("changes = %+v, want a", all)
		}
	})
}

func TestNobodyTakes(t *testing.T) {
	watching(t, func(r rig) {
		r.connect()
		r.asked()
		r.answers <- answer{found: []engine.TedgeContainer{listedAs("a", "running", "Up 1 hour")}}
		r.take()
		for i := range 5000 {
			r.send(died("a", i%200))
			r.send(about("a", engine.ActionStart))
		}
		r.asked()
		r.answers <- answer{}
		all := r.take()
		if len(all) != 1 || all[0].Exits != 5000 || all[0].Container.ExitCode != 4999%200 {
			t.Fatalf("changes = %+v, want one of 5000 exits, the last with %d", all, 4999%200)
		}
		r.asked()
		r.answers <- answer{found: []engine.TedgeContainer{listedAs("a", "running", "Up 1 second")}}
	})
}

func TestSubscriptions(t *testing.T) {
	watching(t, func(r rig) {
		mine, cancel := r.w.Subscribe("a")
		other, cancelOther := r.w.Subscribe("b")
		defer cancelOther()
		r.send(died("a", 1))
		r.connect()
		r.asked()
		if ev := <-mine; ev.Action != engine.ActionDie || ev.ExitCode != 1 {
			t.Errorf("got %+v, want the end of a", ev)
		}
		if ev := <-mine; ev.Action != engine.ActionConnected {
			t.Errorf("got %+v, want connected", ev)
		}
		if ev := <-other; ev.Action != engine.ActionConnected {
			t.Errorf("the subscriber of b got %+v, want connected", ev)
		}
		for range 2 * subscriptionBuffer {
			r.send(about("a", engine.ActionKill)) // nobody reads: the stream must go on
		}
		synctest.Wait()
		if len(mine) != subscriptionBuffer {
			t.Errorf("%d events wait, want %d", len(mine), subscriptionBuffer)
		}
		cancel()
		for range subscriptionBuffer {
			<-mine
		}
		r.send(died("a", 1))
		synctest.Wait()
		if len(mine) != 0 {
			t.Error("events after the subscription was cancelled")
		}
		r.answers <- answer{}
	})
}

// Docker 20.10 tells of an end before its listing shows it.
func TestLateListingIsNotBelieved(t *testing.T) {
	running := listedAs("a", "running", "Up 1 second")
	ended := listedAs("a", "exited", "Exited (137) 1 second ago")
	watching(t, func(r rig) {
		r.connect()
		r.asked()
		r.answers <- answer{found: []engine.TedgeContainer{running}}
		r.take()

		r.send(died("a", 137))
		r.asked()
		r.answers <- answer{found: []engine.TedgeContainer{running}}
		if got := r.take(); len(got) != 1 || got[0].Container.State != "exited" {
			t.Fatalf("after the end: %+v, want exited", got)
		}
		r.notAsked("the listing has not had time to settle")

		time.Sleep(recheck) // the bubble's clock
		r.asked()
		r.answers <- answer{found: []engine.TedgeContainer{ended}}
		if got := r.take(); len(got) != 1 || got[0].Container.Detail.Container.State != "exited" || got[0].Exits != 0 {
			t.Fatalf("after it settled: %+v, want the new details and no second end", got)
		}
	})
}

func TestLateListingDoesNotUndoARename(t *testing.T) {
	before := listedAs("a", "running", "Up 1 second")
	after := before
	after.Container.Name = "new"
	watching(t, func(r rig) {
		r.connect()
		r.asked()
		r.answers <- answer{found: []engine.TedgeContainer{before}}
		r.take()

		renamed := about("a", engine.ActionRename)
		renamed.Name = "new"
		r.send(renamed)
		r.asked()
		r.answers <- answer{found: []engine.TedgeContainer{before}}
		if got := r.take(); len(got) != 1 || got[0].Container.Name != "new" {
			t.Fatalf("after the rename: %+v, want the new name", got)
		}
		time.Sleep(recheck) // the bubble's clock
		r.asked()
		r.answers <- answer{found: []engine.TedgeContainer{after}}
		if got := r.take(); len(got) != 1 || got[0].Container.Detail.Container.Name != "new" {
			t.Fatalf("after it settled: %+v, want the new details", got)
		}
	})
}
