package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"edged/core/request"
	"edged/test/lab"
)

// plugin calls edged as a tedge-agent does, by its link, with in at standard input. It must end with code.
func (e *edged) plugin(code int, link, in string, args ...string) output {
	e.t.Helper()
	path := filepath.Join(e.path("root"), link)
	if _, err := os.Lstat(path); err != nil {
		e.cli(0, "install-links", "--root", e.path("root"))
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(e.command().Env, "EDGED_CONFIG="+e.path("edged.yaml"))
	cmd.Stdin = strings.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		e.t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		e.t.Fatalf("%s %s: exit code %d, want %d\n%s%s", link, strings.Join(args, " "), got, code, &out, &errs)
	}
	return output{out.String(), errs.String()}
}

const (
	smContainer = "etc/tedge/sm-plugins/container"
	smGroup     = "etc/tedge/sm-plugins/container-group"
	smImage     = "etc/tedge/sm-plugins/container-image"
	smSelf      = "etc/tedge/sm-plugins/self"
)

// lists checks which modules of a type there are: NAME<TAB>VERSION each.
func (e *edged) lists(link string, want ...string) {
	e.t.Helper()
	if got := e.plugin(0, link, "", "list").out; got != strings.Join(append(want, ""), "\n") {
		e.t.Errorf("%s lists %q, want %q", link, got, want)
	}
}

// softwareEdged is a daemon whose installations join no network of others.
func softwareEdged(e *edged) *edged {
	e.settings["software.network"] = ""
	e.start()
	return e
}

// A tedge-agent installs, lists, updates and removes containers through its plugin.
func TestContainerPlugin(t *testing.T) {
	everywhere(t, func(e *edged) {
		softwareEdged(e)
		one, idle, printenv := e.name("one"), e.lab.Image("idle"), e.lab.Image("printenv")
		e.plugin(0, smContainer, "", "prepare")
		e.plugin(0, smContainer, "", "install", one, "--module-version", idle)
		e.plugin(0, smContainer, "", "finalize")
		e.lists(smContainer, one+"\t"+idle)
		if got := e.inspect(one, "{{.HostConfig.RestartPolicy.Name}}"); got != "unless-stopped" {
			e.t.Errorf("restarts %s", got)
		}
		id := e.id(one)
		e.plugin(0, smContainer, "", "install", one, "--module-version", idle)
		if e.id(one) != id {
			e.t.Error("what is installed was installed again")
		}
		e.plugin(0, smContainer, "", "install", one, "--module-version", printenv)
		e.isMadeFrom(one, "printenv")
		e.lists(smContainer, one+"\t"+printenv)

		e.plugin(0, smContainer, "", "remove", one, "--module-version", idle) // another version is there
		e.lists(smContainer, one+"\t"+printenv)
		e.plugin(0, smContainer, "", "remove", one, "--module-version", printenv)
		e.plugin(0, smContainer, "", "remove", one)
		e.lists(smContainer)
		e.existOnly()

		e.plugin(2, smContainer, "", "install", one, "--module-version", e.lab.Image("nowhere:7"))
		e.plugin(3, smContainer, "", "install", one, "--module-version", "127.0.0.1:1/edged/idle:1")
		e.plugin(1, smContainer, "", "install")
		e.plugin(1, smContainer, "", "fly", one)
		e.existOnly()
		e.stop()
		e.plugin(3, smContainer, "", "install", one, "--module-version", idle)
		e.plugin(3, smContainer, "", "prepare")
	})
}

// All changes of a list are made, or none.
func TestUpdateListIsOneTransaction(t *testing.T) {
	everywhere(t, func(e *edged) {
		softwareEdged(e)
		idle, printenv := e.lab.Image("idle"), e.lab.Image("printenv")
		old, gone, fresh, bad := e.name("a-old"), e.name("b-gone"), e.name("c-fresh"), e.name("d-bad")
		list := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
		e.plugin(0, smContainer, list("install\t"+old+"\t"+idle+"\t", "install\t"+gone+"\t"+idle+"\t"), "update-list")
		e.lists(smContainer, old+"\t"+idle, gone+"\t"+idle)
		id := e.id(gone)

		changes := list("install\t"+old+"\t"+printenv, "remove\t"+gone, "install\t"+fresh+"\t"+printenv)
		said := e.plugin(2, smContainer, changes+"install\t"+bad+"\t"+e.lab.Image("exits")+"\n", "update-list")
		has(e.t, "standard error", said.err, "rolled-back", "install "+bad, "exited with code 3")
		e.lists(smContainer, old+"\t"+idle, gone+"\t"+idle)
		e.isMadeFrom(old, "idle")
		e.isRunning(old, true)
		e.isRunning(gone, true)
		if e.id(gone) != id {
			e.t.Error("what was to be removed was made anew")
		}
		e.existOnly(old, gone)

		e.plugin(0, smContainer, changes, "update-list")
		e.lists(smContainer, old+"\t"+printenv, fresh+"\t"+printenv)
		e.existOnly(old, fresh)

		// As clouds have it: the old version goes, the new one comes.
		e.plugin(0, smContainer, list("remove\t"+old+"\t"+printenv, "install\t"+old+"\t"+idle), "update-list")
		e.plugin(0, smContainer, list("install\t"+fresh+"\t"+idle, "remove\t"+fresh+"\t"+printenv), "update-list")
		e.lists(smContainer, old+"\t"+idle, fresh+"\t"+idle)
		e.plugin(2, smContainer, "fly\t"+old+"\n", "update-list")
		e.plugin(0, smContainer, "", "update-list")
	})
}

// A kill in the middle leaves nothing half done.
func TestUpdateListKilled(t *testing.T) {
	everywhere(t, func(e *edged) {
		softwareEdged(e)
		idle := e.lab.Image("idle")
		old, gone, slow := e.name("a-old"), e.name("b-gone"), e.name("c-slow")
		e.plugin(0, smContainer, "install\t"+old+"\t"+idle+"\ninstall\t"+gone+"\t"+idle+"\n", "update-list")
		since := time.Now()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			cmd := exec.Command(filepath.Join(e.path("root"), smContainer), "update-list")
			cmd.Env = append(e.command().Env, "EDGED_CONFIG="+e.path("edged.yaml"))
			cmd.Stdin = strings.NewReader("install\t" + old + "\t" + e.lab.Image("printenv") + "\nremove\t" + gone + "\ninstall\t" + slow + "\t" + e.lab.Image("slowhealth") + "\n")
			_ = cmd.Run() // the daemon is killed
		}()
		e.isReported(since, slow, "unknown")
		e.isMadeFrom(old, "printenv")
		e.kill()
		<-ended
		since = time.Now()
		e.start()
		e.hears(since, e.topic("edged", "e", "operation_finished"), `"op":"software_update"`, `"outcome":"rolled-back"`, "interrupted")
		e.lists(smContainer, old+"\t"+idle, gone+"\t"+idle)
		e.isRunning(old, true)
		e.isRunning(gone, true)
		e.existOnly(old, gone)
	})
}

// What scripts put off is not done behind the agent's back.
func TestPluginAsksPolicy(t *testing.T) {
	e := onDocker(t)
	e.script("10.lua", `edged.api(1)
edged.before("create", function(ev) return edged.defer("1h", "not now") end)
edged.before("remove", function(ev) return edged.deny("never") end)`)
	softwareEdged(e)
	name := e.name("one")
	said := e.plugin(3, smContainer, "", "install", name, "--module-version", e.lab.Image("idle"))
	has(t, "standard error", said.err, "deferred", "not now")
	eventually(t, "nothing to be under way", func() bool { return len(e.status().Requests) == 0 })
	e.existOnly()
	e.run("two", e.lab.Image("idle"))
	said = e.plugin(2, smContainer, "", "remove", e.name("two"))
	has(t, "standard error", said.err, "denied", "never")
	e.isRunning(e.name("two"), true)
}

// Images have names and versions as they were asked for, whatever the engine makes of them.
func TestImagePlugin(t *testing.T) {
	everywhere(t, func(e *edged) {
		softwareEdged(e)
		ref := e.push("img", e.prefix) // an image that nobody else has a name for
		repository := strings.TrimSuffix(ref, ":1")
		lists := func(want bool) {
			e.t.Helper()
			if got := strings.Contains(e.plugin(0, smImage, "", "list").out, repository+"\t1\n"); got != want {
				e.t.Errorf("the image is listed: %t, want %t", got, want)
			}
		}
		e.plugin(0, smImage, "", "install", repository, "--module-version", "1")
		lists(true)
		archive := e.path("img.tar")
		e.engine.Run(e.t, "save", "--output", archive, ref)
		e.plugin(0, smImage, "", "remove", repository, "--module-version", "1")
		lists(false)
		e.plugin(0, smImage, "", "remove", repository, "--module-version", "1")
		e.plugin(2, smImage, "", "install", repository, "--module-version", "2", "--file", archive)
		e.plugin(0, smImage, "", "install", repository, "--module-version", "1", "--file", archive)
		lists(true)

		// A container of a file.
		e.plugin(0, smContainer, "", "install", e.name("one"), "--module-version", "as the cloud has it", "--file", archive)
		e.lists(smContainer, e.name("one")+"\tas the cloud has it")
		said := e.plugin(2, smImage, "", "remove", repository, "--module-version", "1")
		has(e.t, "standard error", said.err, "remove "+repository)
		e.plugin(0, smContainer, "", "remove", e.name("one"))
		e.plugin(0, smImage, "", "remove", repository)
		lists(false)
	})
}

// Logs and actions of services.
func TestLogAndServicePlugins(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("talks", e.lab.Image("idle"), "sh", "-c", "echo hello; sleep 2147483647 & wait")
		e.isReported(time.Time{}, name, "up")
		const logs, services = "usr/share/tedge/log-plugins/container", "usr/share/tedge/service-plugins/container"
		if got := e.plugin(0, logs, "", "list").out; got != name+"\n" {
			e.t.Errorf("logs of %q", got)
		}
		now := strconv.FormatInt(time.Now().Unix()+60, 10)
		eventually(e.t, "the log", func() bool {
			return e.plugin(0, logs, "", "get", name, "--since", "0", "--until", now).out == "hello\n"
		})
		if got := e.plugin(0, logs, "", "get", name, "--since", now).out; got != "" {
			e.t.Errorf("since a minute from now: %q", got)
		}
		e.plugin(2, logs, "", "get", e.name("nobody"))
		e.plugin(0, services, "", "stop", name)
		e.isRunning(name, false)
		e.plugin(0, services, "", "start", name)
		e.isRunning(name, true)
		began := e.inspect(name, "{{.State.StartedAt}}")
		e.plugin(0, services, "", "restart", name)
		if e.inspect(name, "{{.State.StartedAt}}") == began {
			e.t.Error("it was not restarted")
		}
		e.plugin(2, services, "", "fly", name)
		e.plugin(1, services, "", "stop", e.name("nobody"))
	})
}

// deviceTopic is the topic of a command to the device.
func (e *edged) deviceTopic(op, id string) string {
	return e.prefix + "/device/main///cmd/" + op + "/" + id
}

// asks sends a command to the device and waits for its end.
func (e *edged) asks(op, id, payload string) string {
	e.t.Helper()
	since := time.Now()
	lab.Publish(e.t, e.settings["mqtt.url"].(string), e.deviceTopic(op, id), payload, true)
	return e.ear.WaitFor(e.t, patience, func(m lab.Message) bool {
		done := strings.Contains(m.Payload, `"status":"successful"`) || strings.Contains(m.Payload, `"status":"failed"`)
		return m.Topic == e.deviceTopic(op, id) && m.At.After(since) && done
	}).Payload
}

// Without a tedge-agent edged manages the device's software itself, from registries and from files that it downloads.
func TestSoftwareOverMQTT(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.settings["pull.attempts"] = 3
		softwareEdged(e)
		e.hears(time.Time{}, e.prefix+"/device/main///cmd/software_update", `"container-group"`)
		ref := e.push("img", e.prefix) // an image that nobody else has a name for
		archive := e.path("img.tar")
		e.engine.Run(e.t, "pull", ref)
		e.engine.Run(e.t, "save", "--output", archive, ref)
		e.engine.Run(e.t, "rmi", ref)
		server, broken := serveOnceBroken(e.t, archive)
		one, two := e.name("one"), e.name("two")
		module := func(name, version, action, more string) string {
			return `{"name":"` + name + `","version":"` + version + `","action":"` + action + `"` + more + `}`
		}
		update := func(modules ...string) string {
			return `{"status":"init","mine":"kept","updateList":[{"type":"container","modules":[` + strings.Join(modules, ",") + `]}]}`
		}
		url := `,"url":"` + server.URL + "/img.tar?secret=1#sha256=" + sumOf(e.t, archive) + `"`
		end := e.asks("software_update", "1", update(module(one, ref, "install", url), module(two, e.lab.Image("idle"), "install", "")))
		has(e.t, "the end", end, `"successful"`, `"mine":"kept"`, `"updateList"`, `"executor":"edged"`)
		if broken.Load() != 1 {
			e.t.Errorf("the download was broken off %d times", broken.Load())
		}
		end = e.asks("software_list", "1", `{"status":"init"}`)
		has(e.t, "the list", end, `"currentSoftwareList":[{"modules":[`, `{"name":"`+one+`","version":"`+ref+`"}`, `"type":"container-image"`)

		wrong := `,"url":"` + server.URL + `/img.tar","sha256":"` + strings.Repeat("0", 64) + `"`
		end = e.asks("software_update", "2", update(module(two, "", "remove", ""), module(one, ref, "install", wrong)))
		has(e.t, "the end", end, `"failed"`, "checksum", `"failures":[{"modules":[{"action":"install","name":"`+one+`"`)
		e.isRunning(two, true)
		end = e.asks("software_update", "3", `{"status":"init","updateList":[{"type":"apt","modules":[`+module("vim", "", "install", "")+`]}]}`)
		has(e.t, "the end", end, `"failed"`, "field type")
		end = e.asks("software_update", "4", update(module(one, "", "remove", ""), module(two, "", "remove", "")))
		has(e.t, "the end", end, `"successful"`)
		e.existOnly()
		if left, _ := filepath.Glob(e.path("state/download/*.part")); len(left) > 0 {
			e.t.Errorf("left over: %q", left)
		}
	})
}

// serveOnceBroken serves a file by HTTP, with ranges, and breaks off in the middle of the first answer.
func serveOnceBroken(t *testing.T, file string) (*httptest.Server, *atomic.Int32) {
	var broken atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("Range") == "" && broken.CompareAndSwap(0, 1) {
			w.Header().Set("Content-Length", strconv.Itoa(len(text)))
			_, _ = w.Write(text[:len(text)/2])
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
	}))
	t.Cleanup(server.Close)
	return server, &broken
}

func sumOf(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// While a tedge-agent is up, software is its business.
func TestSoftwareIsLeftToTheAgent(t *testing.T) {
	e := onDocker(t)
	broker := e.ownBroker(lab.MosquittoOptions{})
	e.relisten()
	lab.Publish(t, broker.URL(), e.topic("tedge-agent", "status", "health"), `{"status":"up","pid":1}`, true)
	lab.Publish(t, broker.URL(), e.deviceTopic("software_list", "1"), `{"status":"init"}`, true)
	softwareEdged(e)
	name := e.run("idle", e.lab.Image("idle"))
	e.isReported(time.Time{}, name, "up")
	since := time.Now()
	topic := e.topic(name, "cmd", "stop", "1")
	lab.Publish(t, broker.URL(), topic, `{"status":"init"}`, true)
	stopped := e.hears(since, topic, `"successful"`) // an older agent does not begin with it
	if waited := stopped.At.Sub(since); waited < 10*time.Second {
		t.Errorf("the agent was given %s", waited)
	}
	if got := lab.Retained(t, broker.URL(), e.deviceTopic("software_list", "1")); got != `{"status":"init"}` {
		t.Errorf("the agent's command became %s", got)
	}
	if got := lab.Retained(t, broker.URL(), e.prefix+"/device/main///cmd/software_list"); got != "" {
		t.Errorf("edged claims the software: %s", got)
	}
}

// A project is installed, updated, rolled back and removed.
func TestGroupPlugin(t *testing.T) {
	everywhere(t, func(e *edged) {
		softwareEdged(e)
		group := e.name("shop")
		file := func(name, text string) string {
			if err := os.WriteFile(e.path(name), []byte(text), 0o600); err != nil {
				e.t.Fatal(err)
			}
			return e.path(name)
		}
		compose := func(image, more string) string {
			return "version: '3'\nservices:\n  app:\n    image: " + e.lab.Image(image) + "\n    network_mode: none\n" + more
		}
		one := file("one.yaml", compose("idle", ""))
		e.plugin(0, smGroup, "", "install", group, "--module-version", "1.0", "--file", one)
		e.lists(smGroup, group+"\t1.0")
		e.isReported(time.Time{}, group+"@app", "up")
		const logs = "usr/share/tedge/log-plugins/container-group"
		if got := e.plugin(0, logs, "", "list").out; got != group+"@app\n" {
			e.t.Errorf("logs of %q", got)
		}
		member := strings.TrimSpace(strings.Join(e.containers(), " "))

		bad := file("bad.yaml", compose("idle", "    command: /nowhere\n"))
		said := e.plugin(2, smGroup, "", "install", group, "--module-version", "2.0", "--file", bad)
		has(e.t, "standard error", said.err, "rolled-back", "install "+group)
		e.lists(smGroup, group+"\t1.0")
		e.isRunning(member, true)
		e.plugin(2, smGroup, "", "install", group, "--module-version", "2.0", "--file", file("none.yaml", compose("nowhere:7", "")))
		e.plugin(2, smGroup, "", "install", group, "--module-version", "2.0", "--file", file("text.yaml", "no: project\n"))
		e.lists(smGroup, group+"\t1.0")

		e.engine.Run(e.t, "pull", e.lab.Image("printenv"))
		two := file("docker-compose.yml", compose("printenv", "    environment: [A=b]\n"))
		if out, err := exec.Command("tar", "-C", e.dir, "-czf", e.path("two.tgz"), filepath.Base(two)).CombinedOutput(); err != nil {
			e.t.Fatalf("%v: %s", err, out)
		}
		e.plugin(0, smGroup, "", "install", group, "--module-version", "2.0", "--file", e.path("two.tgz"))
		e.lists(smGroup, group+"\t2.0")
		e.isMadeFrom(member, "printenv")

		e.plugin(0, smGroup, "", "remove", group, "--module-version", "1.0")
		e.lists(smGroup, group+"\t2.0")
		e.plugin(0, smGroup, "", "remove", group)
		e.plugin(0, smGroup, "", "remove", group)
		e.lists(smGroup)
		e.existOnly()
		if left, _ := filepath.Glob(e.path("state/compose/*")); len(left) > 0 {
			e.t.Errorf("left over: %q", left)
		}
	})
}

// The container that edged runs in is updated like others, and never removed.
func TestSoftwareOfSelf(t *testing.T) {
	e := onDocker(t)
	e.settings["software.network"] = ""
	name := e.runInside("self:1")
	e.plugin(2, smContainer, "", "remove", name)
	e.plugin(2, smSelf, "", "remove", name)
	if res, _ := e.ask(12, "remove", name); res.Outcome != request.Failed {
		t.Errorf("removed: %+v", res)
	}
	e.isRunning(name, true)
	list := `[{"type":"container","modules":[{"name":"` + name + `","version":"x:2","action":"install"},{"name":"foo","version":"y:1","action":"install"}]}]`
	want := ":::begin-tedge:::\n" + `{"containerName":"` + name + `","image":"x:2","updateList":[{"type":"container","modules":[{"name":"foo","version":"y:1","action":"install"}]}]}` + "\n:::end-tedge:::\n"
	if got := e.plugin(0, smSelf, "", "check", list).out; got != want {
		t.Errorf("self check says %q, want %q", got, want)
	}
	e.plugin(1, smSelf, "", "check", strings.ReplaceAll(list, name, "bar"))
	e.plugin(2, smSelf, "", "check", strings.Replace(list, "install", "remove", 1))

	other := e.name("other")
	modules := `{"name":"` + name + `","version":"` + e.lab.Image("self:2") + `","action":"install"},{"name":"` + other + `","version":"` + e.lab.Image("idle") + `","action":"install"}`
	end := e.asks("software_update", "1", `{"status":"init","updateList":[{"type":"container","modules":[`+modules+`]}]}`)
	has(t, "the end", end, `"successful"`)
	e.isMadeFrom(name, "self:2")
	e.lists(smContainer, name+"\t"+e.lab.Image("self:2"), other+"\t"+e.lab.Image("idle"))
}
