package watch

import (
	"testing"
	"time"

	"edged/engine"
)

// listedAs is a container as the engine lists it.
func listedAs(id, state, status string) engine.TedgeContainer {
	return engine.TedgeContainer{
		Name: "n-" + id, ServiceType: engine.ContainerType,
		Container: engine.Container{Id: id, Name: "n-" + id, State: state, Status: status},
	}
}

func about(id string, action engine.Action) engine.Event {
	return engine.Event{Kind: engine.KindContainer, ID: id, Name: "n-" + id, Action: action}
}

func died(id string, code int) engine.Event {
	ev := about(id, engine.ActionDie)
	ev.ExitCode = code
	return ev
}

func health(id, word string) engine.Event {
	ev := about(id, engine.ActionHealth)
	ev.Health = word
	return ev
}

// knowing returns a table that has been listed and told.
func knowing(found ...engine.TedgeContainer) *table {
	t := newTable()
	t.asked(true)
	t.listed(nil, found)
	t.changes()
	return t
}

// only returns the one change that there must be.
func only(t *testing.T, tab *table) Change {
	t.Helper()
	all := tab.changes()
	if len(all) != 1 {
		t.Fatalf("changes = %+v, want one", all)
	}
	return all[0]
}

func none(t *testing.T, tab *table, why string) {
	t.Helper()
	if tab.waiting() {
		t.Fatalf("waiting, though %s", why)
	}
	if all := tab.changes(); len(all) != 0 {
		t.Fatalf("changes = %+v, though %s", all, why)
	}
}

func TestFold(t *testing.T) {
	up, healthy, exited := listedAs("a", "running", "Up 3 minutes"),
		listedAs("a", "running", "Up 3 minutes (healthy)"), listedAs("a", "exited", "Exited (3) 5 seconds ago")
	renamed := about("a", engine.ActionRename)
	renamed.Name = "other"
	type want struct {
		name, state, health string
		code, exits, ooms   int
		oom, gone           bool
	}
	tests := map[string]struct {
		before engine.TedgeContainer
		events []engine.Event
		want   want
	}{
		"exit":                  {up, []engine.Event{died("a", 7)}, want{state: "exited", code: 7, exits: 1}},
		"exit ends health":      {healthy, []engine.Event{died("a", 7)}, want{state: "exited", code: 7, exits: 1}},
		"crash loop":            {up, []engine.Event{died("a", 1), about("a", engine.ActionStart), died("a", 2), about("a", engine.ActionStart)}, want{state: "running", code: 2, exits: 2}},
		"killed for memory":     {up, []engine.Event{about("a", engine.ActionOOM), died("a", 137)}, want{state: "exited", code: 137, exits: 1, ooms: 1, oom: true}},
		"memory told late":      {up, []engine.Event{died("a", 137), about("a", engine.ActionOOM)}, want{state: "exited", code: 137, exits: 1, ooms: 1, oom: true}},
		"memory, then restart":  {up, []engine.Event{about("a", engine.ActionOOM), died("a", 137), about("a", engine.ActionStart)}, want{state: "running", code: 137, exits: 1, ooms: 1, oom: true}},
		"memory, then an exit":  {up, []engine.Event{about("a", engine.ActionOOM), died("a", 137), about("a", engine.ActionStart), died("a", 0)}, want{state: "exited", exits: 2, ooms: 1}},
		"child out of memory":   {up, []engine.Event{about("a", engine.ActionOOM)}, want{state: "running", ooms: 1}},
		"start":                 {exited, []engine.Event{about("a", engine.ActionStart)}, want{}},
		"start, health known":   {healthy, []engine.Event{died("a", 0), about("a", engine.ActionStart)}, want{state: "running", health: "starting", exits: 1}},
		"unhealthy":             {healthy, []engine.Event{health("a", "unhealthy")}, want{state: "running", health: "unhealthy"}},
		"health of an unlisted": {exited, []engine.Event{about("a", engine.ActionStart), health("a", "starting")}, want{state: "running", health: "starting", code: 3}},
		"pause":                 {healthy, []engine.Event{about("a", engine.ActionPause)}, want{state: "paused", health: "healthy"}},
		"unpause":               {up, []engine.Event{about("a", engine.ActionPause), about("a", engine.ActionUnpause)}, want{state: "running"}},
		"unpause, health":       {healthy, []engine.Event{about("a", engine.ActionPause), about("a", engine.ActionUnpause)}, want{}},
		"rename":                {up, []engine.Event{renamed}, want{name: "other", state: "running"}},
		"destroy":               {exited, []engine.Event{about("a", engine.ActionDestroy)}, want{state: "exited", code: 3, gone: true}},
		"kill says nothing yet": {up, []engine.Event{about("a", engine.ActionKill)}, want{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tab := knowing(tt.before)
			for _, ev := range tt.events {
				tab.event(ev)
			}
			if tt.want == (want{}) {
				none(t, tab, "its health is not known yet")
				return
			}
			if tt.want.name == "" {
				tt.want.name = "n-a"
			}
			ch := only(t, tab)
			c := ch.Container
			got := want{c.Name, c.State, c.Health, c.ExitCode, ch.Exits, ch.OOMs, c.OOM, ch.Gone}
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if ch.Before.ID != "a" || ch.Before.State != tt.before.Container.State {
				t.Errorf("before = %+v", ch.Before)
			}
			none(t, tab, "it was told")
		})
	}
}

func TestFirstStartWaitsForTheHealthcheck(t *testing.T) {
	tests := map[string]struct{ status, health string }{
		"with":    {"Up 1 second (health: starting)", "starting"},
		"without": {"Up 1 second", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tab := knowing(listedAs("a", "created", "Created"))
			tab.event(about("a", engine.ActionStart))
			none(t, tab, "nobody knows whether it has a healthcheck")
			ids := tab.asked(false)
			tab.listed(ids, []engine.TedgeContainer{listedAs("a", "running", tt.status)})
			if got := only(t, tab).Container; got.State != "running" || got.Health != tt.health {
				t.Errorf("told %s/%s, want running/%s", got.State, got.Health, tt.health)
			}
			tab.event(died("a", 0))
			tab.event(about("a", engine.ActionStart))
			if got := only(t, tab).Container; got.State != "running" || got.Health != tt.health {
				t.Errorf("restart told as %s/%s at once, want running/%s", got.State, got.Health, tt.health)
			}
		})
	}
}

func TestUnknownContainerIsHeldUntilListed(t *testing.T) {
	tab := knowing()
	tab.event(about("a", engine.ActionCreate))
	ids := tab.asked(false)
	if len(ids) != 1 || ids[0] != "a" {
		t.Fatalf("asked for %v, want [a]", ids)
	}
	tab.event(about("a", engine.ActionStart))
	tab.event(died("a", 9))
	none(t, tab, "it was not listed")
	tab.listed(ids, []engine.TedgeContainer{listedAs("a", "created", "Created")})
	ch := only(t, tab)
	if ch.Exits != 1 || ch.Container.ExitCode != 9 || ch.Container.State != "exited" || ch.Before.ID != "" {
		t.Errorf("change = %+v, want one exit with 9, exited, never told before", ch)
	}
	tab.listed(tab.asked(false), []engine.TedgeContainer{listedAs("a", "restarting", "Restarting (9) 1 second ago")})
	if ch := only(t, tab); ch.Exits != 0 || ch.Container.ExitCode != 9 || ch.Container.State != "restarting" {
		t.Errorf("change = %+v, want the state of the listing that is newer than all events, and the end only once", ch)
	}
}

// A busy engine lists a container more slowly than it crashes: events touch it
// during each listing.
func TestUnknownContainerThatNeverRests(t *testing.T) {
	start := func(a *table) { a.event(about("a", engine.ActionStart)) }
	crash := func(a *table) { a.event(died("a", 1)); start(a) }
	rename := func(a *table) { a.event(about("a", engine.ActionRename)) }
	tests := map[string]struct {
		before, during func(*table)
		found          engine.TedgeContainer
		state, health  string
		exits          int
	}{
		"crashes":                   {crash, crash, listedAs("a", "running", "Up 1 second"), "running", "", 2},
		"crashes, with healthcheck": {crash, crash, listedAs("a", "running", "Up 1 second (healthy)"), "running", "starting", 2},
		"only created before":       {func(a *table) { a.event(about("a", engine.ActionCreate)) }, rename, listedAs("a", "running", "Up 1 second (healthy)"), "running", "healthy", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tab := knowing()
			tt.before(tab)
			ids := tab.asked(false)
			tt.during(tab)
			tab.listed(ids, []engine.TedgeContainer{tt.found})
			ch := only(t, tab)
			if c := ch.Container; c.State != tt.state || c.Health != tt.health || ch.Exits != tt.exits {
				t.Errorf("told %s/%s with %d exits, want %s/%s with %d", c.State, c.Health, ch.Exits, tt.state, tt.health, tt.exits)
			}
			if ids := tab.asked(false); len(ids) != 1 {
				t.Errorf("asked again for %v, want [a]", ids)
			}
		})
	}

	tab := knowing()
	crash(tab)
	ids := tab.asked(false)
	start(tab)
	tab.listed(ids, []engine.TedgeContainer{listedAs("a", "exited", "Exited (1) 1 second ago")})
	none(t, tab, "the listing did not say whether it has a healthcheck")
	tab.event(died("a", 1))
	if ch := only(t, tab); ch.Exits != 2 || ch.Container.State != "exited" {
		t.Errorf("change = %+v, want two exits", ch)
	}
}

func TestUnknownContainerComesAndGoes(t *testing.T) {
	tab := knowing()
	tab.event(about("a", engine.ActionCreate))
	ids := tab.asked(false)
	tab.event(about("a", engine.ActionDestroy))
	tab.listed(ids, []engine.TedgeContainer{listedAs("a", "created", "Created")})
	none(t, tab, "it was destroyed while the engine listed it")
	if len(tab.known) != 0 || len(tab.stale) != 0 {
		t.Errorf("left over: known %v, stale %v", tab.known, tab.stale)
	}
	// An event that comes late must not leave a trace either.
	tab.event(died("a", 0))
	tab.listed(tab.asked(false), nil)
	none(t, tab, "it is gone")
	if len(tab.known) != 0 {
		t.Errorf("left over: known %v", tab.known)
	}
}

func TestListingDoesNotUndoNewerEvents(t *testing.T) {
	tab := knowing(listedAs("a", "running", "Up 3 minutes"), listedAs("b", "running", "Up 3 minutes"))
	tab.asked(true)
	tab.event(died("a", 5))
	tab.event(about("b", engine.ActionDestroy))
	fresh := listedAs("a", "running", "Up 4 minutes")
	fresh.Container.Image = "new"
	tab.listed(nil, []engine.TedgeContainer{fresh, listedAs("b", "running", "Up 4 minutes")})
	all := tab.changes()
	if len(all) != 2 || all[0].Container.State != "exited" || !all[1].Gone {
		t.Fatalf("changes = %+v, want a exited and b gone", all)
	}
	if all[0].Container.Detail.Container.Image != "new" {
		t.Error("the details of the listing were not taken")
	}
	if ids := tab.asked(false); len(ids) != 1 || ids[0] != "a" {
		t.Errorf("asked again for %v, want [a]", ids)
	}
}

func TestDestroyedWhileListedAndTakenMeanwhile(t *testing.T) {
	tab := knowing(listedAs("a", "exited", "Exited (0) 1 hour ago"))
	tab.asked(true)
	tab.event(about("a", engine.ActionDestroy))
	if !only(t, tab).Gone {
		t.Fatal("not told as gone")
	}
	tab.listed(nil, []engine.TedgeContainer{listedAs("a", "exited", "Exited (0) 1 hour ago")})
	none(t, tab, "it is gone and was told so")
}

func TestGap(t *testing.T) {
	tab := knowing(listedAs("gone", "exited", "Exited (0) 1 hour ago"), listedAs("ended", "running", "Up 1 hour"),
		listedAs("same", "running", "Up 1 hour"))
	tab.asked(true)
	tab.listed(nil, []engine.TedgeContainer{
		listedAs("ended", "exited", "Exited (137) 1 minute ago"), listedAs("same", "running", "Up 1 hour"), listedAs("new", "running", "Up 1 second"),
	})
	got := map[string]Change{}
	for _, ch := range tab.changes() {
		got[ch.Container.ID] = ch
	}
	if !got["gone"].Gone {
		t.Error("what is not listed is not told as gone")
	}
	if e := got["ended"]; e.Exits != 1 || e.Container.ExitCode != 137 {
		t.Errorf("an end in the gap: exits %d, code %d; want 1, 137", e.Exits, e.Container.ExitCode)
	}
	if e := got["same"]; e.Exits != 0 || e.Container.State != "running" {
		t.Errorf("what runs on: %+v", e)
	}
	if e := got["new"]; e.Before.ID != "" || e.Container.State != "running" {
		t.Errorf("what is new: %+v", e)
	}
	// The engine may remember the end after all and tell it.
	tab.event(died("ended", 137))
	if ch := only(t, tab); ch.Exits != 0 {
		t.Errorf("the same end was counted twice: %+v", ch)
	}
	tab.event(about("ended", engine.ActionStart))
	tab.event(died("ended", 1))
	if ch := only(t, tab); ch.Exits != 1 || ch.Container.ExitCode != 1 {
		t.Errorf("the next end: %+v, want one exit with 1", ch)
	}
}

func TestTouchedButNotListedIsAskedForAgain(t *testing.T) {
	tab := knowing(listedAs("a", "running", "Up 1 hour (healthy)"))
	tab.asked(true)
	tab.event(health("a", "unhealthy"))
	tab.listed(nil, nil)
	if only(t, tab).Gone {
		t.Fatal("told as gone by a listing that may be older than the event")
	}
	tab.listed(tab.asked(false), nil)
	if !only(t, tab).Gone {
		t.Error("not told as gone by a listing that is newer than all events")
	}
}

func TestExitCodeOutlivesTheListing(t *testing.T) {
	tab := knowing(listedAs("a", "running", "Up 1 hour"))
	tab.event(about("a", engine.ActionOOM))
	tab.event(died("a", 137))
	tab.event(about("a", engine.ActionStart))
	tab.listed(tab.asked(false), []engine.TedgeContainer{listedAs("a", "running", "Up 1 second")})
	ch := only(t, tab)
	if ch.Container.ExitCode != 137 || !ch.Container.OOM || ch.Exits != 1 || ch.OOMs != 1 {
		t.Errorf("change = %+v, want the last end: 137, out of memory", ch)
	}
}

func TestGoneComesLast(t *testing.T) {
	tab := knowing(listedAs("a", "running", "Up 1 hour"), listedAs("b", "running", "Up 1 hour"), listedAs("c", "running", "Up 1 hour"))
	tab.event(about("a", engine.ActionDestroy))
	tab.event(died("c", 0))
	tab.event(died("b", 0))
	var order string
	for _, ch := range tab.changes() {
		order += ch.Container.ID
	}
	if order != "bca" {
		t.Errorf("order = %s, want bca: by name, what is gone last", order)
	}
}

func TestStormOfOneContainerIsOneChange(t *testing.T) {
	tab := knowing(listedAs("a", "running", "Up 1 hour"))
	for i := range 5000 {
		tab.event(died("a", i%256))
		tab.event(about("a", engine.ActionStart))
	}
	ch := only(t, tab)
	if ch.Exits != 5000 || ch.Container.ExitCode != 4999%256 || ch.Container.State != "running" {
		t.Errorf("change = %+v, want 5000 exits, the last with %d", ch, 4999%256)
	}
	if len(tab.stale) != 1 {
		t.Errorf("%d containers to list, want 1", len(tab.stale))
	}
}

func TestObserved(t *testing.T) {
	tests := []struct {
		state, status, health string
		code                  int
	}{
		{"running", "Up 3 minutes", "", 0},
		{"running", "Up 3 minutes (healthy)", "healthy", 0},
		{"running", "Up 3 seconds (health: starting)", "starting", 0},
		{"paused", "Up 3 minutes (Paused)", "", 0},
		{"exited", "Exited (137) 5 seconds ago", "", 137},
		{"restarting", "Restarting (1) 5 seconds ago", "", 1},
		{"created", "Created", "", 0},
	}
	for _, tt := range tests {
		got := observed(listedAs("a", tt.state, tt.status))
		if got.Health != tt.health || got.ExitCode != tt.code || got.State != tt.state || got.Name != "n-a" {
			t.Errorf("%q: %+v", tt.status, got)
		}
	}
}

// An update removes the old container, by then under a longer name, while a slow
// engine has not listed the new one: nobody may take the service for gone.
func TestGoneWaitsForSuccessor(t *testing.T) {
	old := listedAs("a", "exited", "Exited (0) 5 seconds ago")
	old.Container.Name = "n-b.prev"
	tab := knowing(old)
	tab.event(about("b", engine.ActionStart))
	tab.event(about("a", engine.ActionDestroy))
	none(t, tab, "the successor was not listed")

	tab.listed(tab.asked(false), []engine.TedgeContainer{listedAs("b", "running", "Up 1 second")})
	all := tab.changes()
	if len(all) != 2 || all[0].Container.ID != "b" || !all[1].Gone {
		t.Fatalf("changes = %+v, want the successor and then the end", all)
	}
}

func TestGoneDoesNotWaitForStrangers(t *testing.T) {
	tab := knowing(listedAs("a", "exited", "Exited (0) 5 seconds ago"))
	tab.event(about("b", engine.ActionStart))
	tab.event(about("a", engine.ActionDestroy))
	if ch := only(t, tab); !ch.Gone || ch.Container.ID != "a" {
		t.Errorf("change = %+v, want the end of a", ch)
	}
}

// When a container started is what the engine said then, as long as nothing can have been missed.
func TestStarted(t *testing.T) {
	tab := knowing(listedAs("a", "exited", "Exited (0) 2 hours ago"))
	start := about("a", engine.ActionStart)
	start.Time = time.Unix(1000, 0)
	tab.event(start)
	tab.asked(false)
	tab.listed([]string{"a"}, []engine.TedgeContainer{listedAs("a", "running", "Up 1 second")})
	if c := only(t, tab).Container; !c.Started.Equal(start.Time) {
		t.Errorf("started at %s", c.Started)
	}
	tab.event(about("a", engine.ActionPause))
	tab.lost()
	tab.asked(true)
	tab.listed(nil, []engine.TedgeContainer{listedAs("a", "running", "Up 5 minutes")})
	if c := only(t, tab).Container; !c.Started.IsZero() {
		t.Errorf("started at %s, though it may have been started anew", c.Started)
	}
}
