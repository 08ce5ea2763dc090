package core

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/engine"
	"edged/hooks"
)

func install(name, version string) request.Module {
	return request.Module{Type: request.TypeContainer, Name: name, Version: version, Action: request.ActionInstall}
}

func remove(name string) request.Module {
	return request.Module{Type: request.TypeContainer, Name: name, Action: request.ActionRemove}
}

// project is one of a file with text in it.
func project(t *testing.T, name, version, text string) request.Module {
	file := filepath.Join(t.TempDir(), "compose.yaml")
	if err := os.WriteFile(file, []byte("services: {app: {image: app:1}}\n# "+text), 0o600); err != nil {
		t.Fatal(err)
	}
	return request.Module{Type: request.TypeGroup, Name: name, Version: version, File: file, Action: request.ActionInstall}
}

// software asks for the modules.
func (r *rig) software(id string, modules ...request.Module) request.Result {
	r.Helper()
	return r.do(request.Request{ID: id, Op: request.SoftwareUpdate, Modules: modules})
}

// listed is what software management sees.
func (r *rig) listed() string {
	r.Helper()
	all, err := r.Software(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	var out []string
	for _, m := range all {
		out = append(out, strings.TrimSpace(fmt.Sprintln(m.Type, m.Name, m.Version)))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (r *rig) wants(res request.Result, outcome request.Outcome, says string) {
	r.Helper()
	if res.Outcome != outcome || !strings.Contains(res.Reason, says) {
		r.Errorf("got %s: %s, want %s: %s", res.Outcome, res.Reason, outcome, says)
	}
	if j := r.readJournal(); j.ID != "" || j.Back != nil {
		r.Errorf("still written down: %+v", j)
	}
	if running := r.requests.running(); len(running) > 0 && outcome != request.Deferred {
		r.Errorf("still under way: %+v", running)
	}
}

func TestSoftware(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		r.wants(r.software("1", remove("web"), install("new", "app:2")), request.Committed, "")
		if got := r.listed(); got != "container new app:2" {
			t.Errorf("listed: %s", got)
		}
		want := "stop web, pull app:2 3 times, create new of app:2, start new, remove id-web"
		if got := strings.ReplaceAll(strings.ReplaceAll(r.eng.done(), "id-new", "new"), "stop id-web", "stop web"); got != want {
			t.Errorf("did %s, want %s", got, want)
		}
		r.wants(r.software("2", remove("web")), request.Unchanged, "")
		if spec := r.eng.containers["new"]; spec.Labels[engine.LabelModuleVersion] != "app:2" {
			t.Errorf("made with %v", spec.Labels)
		}
	})
}

// What was done before a step that fails is taken back.
func TestSoftwareIsTakenBack(t *testing.T) {
	working(t, nil, func(e *fakeEngine) { e.images = map[string]engine.StoredImage{"sha256:1": {Tags: []string{"img:1"}}} }, func(r *rig) {
		img := request.Module{Type: request.TypeImage, Name: "img", Version: "1", Action: request.ActionInstall}
		res := r.software("1", install("new", "app:2"), remove("web"), img, install("bad", "app:3"), project(t, "shop", "1", "fails"))
		r.wants(res, request.RolledBack, "install shop: ")
		if res.Module == nil || res.Module.Name != "shop" || res.Module.File != "" || res.Changed {
			t.Errorf("%+v", res)
		}
		if got := r.listed(); got != "container web app:1, container-image img 1" {
			t.Errorf("listed: %s", got)
		}
		if !r.eng.containers["web"].Running {
			t.Error("what was to be removed is still stopped")
		}
		if exists(r.projectDir("shop")) {
			t.Error("the project's folder is left")
		}
	})
}

func TestSoftwareAsksScripts(t *testing.T) {
	calls := 0
	answers := map[string]func(hooks.Event) []hooks.Answer{
		"before remove": always(hooks.Answer{Verdict: hooks.VerdictDeny, Reason: "never"}),
		"before pull": func(ev hooks.Event) []hooks.Answer {
			if calls++; ev.Image.Repository == "library/late" && calls < 5 {
				return []hooks.Answer{{Verdict: hooks.VerdictDefer, Delay: time.Hour, Reason: "later"}}
			}
			return nil
		},
	}
	working(t, answers, nil, func(r *rig) {
		r.wants(r.software("1", install("new", "app:2"), remove("web")), request.Denied, "remove web: ")
		if got := r.listed(); got != "container web app:1" {
			t.Errorf("listed: %s", got)
		}
		res := r.software("2", install("new", "app:2"), install("other", "late:1"))
		r.wants(res, request.Deferred, "later")
		if got := r.listed(); got != "container web app:1" || time.Until(res.Until) > time.Hour || time.Until(res.Until) < 59*time.Minute {
			t.Errorf("listed: %s; until %s", got, res.Until)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if got := r.told.outcomes("2"); got != "deferred committed" {
			t.Errorf("outcomes %s", got)
		}
		if got := r.listed(); got != "container new app:2, container other late:1, container web app:1" {
			t.Errorf("listed: %s", got)
		}
	})
}

// One transaction comes after the other, and nobody else works on its containers.
func TestSoftwareIsAlone(t *testing.T) {
	working(t, nil, func(e *fakeEngine) { e.pulling = make(chan struct{}) }, func(r *rig) {
		r.Submit(request.Request{ID: "1", Op: request.SoftwareUpdate, Modules: []request.Module{install("new", "app:2"), remove("web")}})
		synctest.Wait()
		r.Submit(request.Request{ID: "2", Op: request.SoftwareUpdate, Modules: []request.Module{install("new", "app:3")}})
		synctest.Wait()
		if res := r.do(request.Request{ID: "3", Op: request.Restart, Target: "web"}); res.Outcome != request.Conflict {
			t.Errorf("restart in the middle: %+v", res)
		}
		close(r.eng.pulling)
		time.Sleep(time.Minute)
		synctest.Wait()
		if one, two := r.told.outcomes("1"), r.told.outcomes("2"); one != "committed" || two == "" || two == "conflict" {
			t.Errorf("outcomes %s, %s", one, two)
		}
	})
}

// What is called off is taken back.
func TestSoftwareCalledOff(t *testing.T) {
	working(t, nil, func(e *fakeEngine) { e.pulling = make(chan struct{}) }, func(r *rig) {
		r.Submit(request.Request{ID: "1", Op: request.SoftwareUpdate, Modules: []request.Module{remove("web"), install("new", "app:2")}})
		synctest.Wait()
		if r.eng.containers["web"].Running {
			t.Error("not stopped yet")
		}
		if err := r.Cancel("1"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.told.outcomes("1"); got != "cancelled" || !r.eng.containers["web"].Running {
			t.Errorf("outcome %s, %+v", got, r.eng.containers["web"])
		}
	})
}

// What an earlier run of edged has left in the middle is taken back at the start.
func TestSoftwareInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var web *engine.State
		workingIn(t, dir, nil, func(e *fakeEngine) { e.pulling = make(chan struct{}) }, func(r *rig) {
			r.Submit(request.Request{ID: "1", Op: request.SoftwareUpdate, Modules: []request.Module{remove("web"), install("new", "app:2")}})
			synctest.Wait()
			web = r.eng.containers["web"]
			r.stop()
			synctest.Wait()
			if got := r.told.outcomes("1"); got != "" || web.Running {
				t.Errorf("outcome %q, running %t", got, web.Running)
			}
		})
		workingIn(t, dir, nil, func(e *fakeEngine) { e.containers["web"] = web }, func(r *rig) {
			if got := r.told.outcomes("1"); got != "rolled-back" || !web.Running {
				t.Errorf("outcome %q, running %t", got, web.Running)
			}
			r.wants(r.software("2", install("new", "app:2")), request.Committed, "")
		})
	})
}

// A project's folder is as it was after a failure, and gone with the project.
func TestSoftwareGroups(t *testing.T) {
	working(t, nil, nil, func(r *rig) {
		dir := r.projectDir("shop")
		r.wants(r.software("1", project(t, "shop", "1", "one")), request.Committed, "")
		if got := readVersion(dir); got != "1" {
			t.Errorf("version %q", got)
		}
		r.wants(r.software("2", project(t, "shop", "2", "fails")), request.RolledBack, "")
		text, _ := os.ReadFile(filepath.Join(dir, "docker-compose.yaml"))
		if got := readVersion(dir); got != "1" || !strings.Contains(string(text), "# one") || exists(dir+".edged-prev") {
			t.Errorf("version %q, %s", got, text)
		}
		r.wants(r.software("3", project(t, "shop", "3", "three"), install("bad", "")), request.Invalid, "field version")
		gone := request.Module{Type: request.TypeGroup, Name: "shop", Version: "2", Action: request.ActionRemove}
		r.wants(r.software("4", gone), request.Unchanged, "")
		gone.Version = "1"
		r.wants(r.software("5", gone), request.Committed, "")
		if exists(dir) || r.eng.containers["shop-app"] != nil {
			t.Error("it is still there")
		}
		r.eng.containers["theirs"] = &engine.State{ID: "t", Name: "theirs", Group: "shop", Labels: map[string]string{projectLabel: "shop", workingDirLabel: "/theirs"}}
		r.wants(r.software("6", project(t, "shop", "1", "")), request.Failed, "started from /theirs")
	})
}

func TestSoftwareFromFiles(t *testing.T) {
	archive := func(t *testing.T, names string) string {
		file := filepath.Join(t.TempDir(), "archive")
		if err := os.WriteFile(file, []byte(names), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	working(t, nil, nil, func(r *rig) {
		one := install("one", "1.0 of the cloud")
		one.File = archive(t, "app:7")
		r.wants(r.software("1", one), request.Committed, "")
		if got := r.eng.containers["one"]; got.Image != "app:7" || got.Labels[engine.LabelModuleVersion] != one.Version {
			t.Errorf("%+v", got)
		}
		one.Name, one.File = "two", archive(t, "app:7 app:8")
		r.wants(r.software("2", one), request.Failed, `the archive has ["app:7" "app:8"]`)
		img := request.Module{Type: request.TypeImage, Name: "img", Version: "1", Action: request.ActionInstall, File: archive(t, "img:2")}
		r.wants(r.software("3", img), request.RolledBack, "the archive has img:2")
		if strings.Contains(r.eng.done(), "pull") {
			t.Errorf("did %s", r.eng.done())
		}
	})
}

// The container that edged runs in comes last, and is never removed.
func TestSoftwareOfSelf(t *testing.T) {
	working(t, nil, func(e *fakeEngine) { e.self = "id-web" }, func(r *rig) {
		r.wants(r.software("1", remove("web")), request.Failed, "edged itself runs in it")
		if res := r.do(request.Request{ID: "2", Op: request.Remove, Target: "web"}); res.Outcome != request.Failed {
			t.Errorf("removed: %+v", res)
		}
		if got := r.Status().Self; got != "web" {
			t.Errorf("runs in %q", got)
		}
		r.software("3", install("web", "app:2"), install("new", "app:3"))
		did := r.eng.done()
		if a, b := strings.Index(did, "create new"), strings.Index(did, "plan web"); a < 0 || b < a {
			t.Errorf("did %s", did)
		}
	})
}
