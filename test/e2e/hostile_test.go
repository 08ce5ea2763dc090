package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hostile writes policy scripts that do on every occasion what some programs of the machine's own tests do. The number
// makes them others than those that were set aside.
func (e *edged) hostile(number int) {
	e.t.Helper()
	const every = `
for _, notice in ipairs { "health", "exit", "oom", "crash_loop", "boot", "connected" } do edged.on(notice, hurt) end
for _, op in ipairs { "pull", "update", "start", "stop", "restart", "recover" } do edged.before(op, hurt) edged.after(op, hurt) end
edged.every("1s", hurt)
`
	for i, name := range []string{
		"vm/testdata/hostile/swallowed_budget", "vm/testdata/hostile/pattern_nested_star", "vm/testdata/hostile/concat_keep",
		"vm/testdata/hostile/coroutines_many", "vm/testdata/hostile/recursion_pcall", "testdata/hostile/json_wide",
		"testdata/hostile/kv_keys", "testdata/hostile/log_flood", "testdata/hostile/actions_flood", "testdata/hostile/publish_flood",
	} {
		body, err := os.ReadFile("../../hooks/lua/" + name + ".lua")
		if err != nil {
			e.t.Fatal(err)
		}
		e.script(fmt.Sprintf("%d-%s.lua", 10+i, filepath.Base(name)), fmt.Sprintf(
			"-- number %d\nedged.needs { 'mqtt.publish:%s/flood' }\nlocal function hurt(ev)\n%s\nend\n%s", number, e.prefix, strings.ReplaceAll(string(body), "a/b", e.prefix+"/flood"), every))
	}
}

// While scripts do their worst at every event, health changes are told at once, edged answers on its socket, what keeps
// the device alive is done, and memory stays within bounds. In the end they are all set aside.
func TestHostileScripts(t *testing.T) {
	e := onDocker(t)
	e.settings["policy.grants"] = []string{"* mqtt.publish:" + e.prefix + "/flood"}
	e.hostile(0)
	e.start()
	since := time.Now()
	name := e.run("moody", "--env", "SICK_AFTER=0", e.lab.Image("sickly"))
	e.hears(since, e.topic(name, "status", "health"), `"up"`)
	for number := 1; number <= 3; number++ {
		e.hostile(number)
		e.cli(0, "policy", "reload")
		for _, step := range []struct{ command, health string }{{"touch", "down"}, {"rm", "up"}} {
			since = time.Now()
			e.engine.Run(t, "exec", name, step.command, "/tmp/sick")
			m := e.hears(since, e.topic(name, "status", "health"), `"`+step.health+`"`)
			if late := m.At.Sub(e.checkedAt(name)); late > 3*time.Second {
				t.Errorf("told %s after the check", late)
			}
			asked := time.Now()
			e.cli(0, "ps")
			e.status()
			if took := time.Since(asked); took > 10*time.Second {
				t.Errorf("edged ps and edged status took %s", took)
			}
		}
		e.cli(0, "restart", name)
	}
	scripts := len(e.policy().Scripts)
	eventually(t, "all to be set aside", func() bool {
		aside := 0
		for _, s := range e.policy().Scripts {
			if s.Aside != "" {
				aside++
			}
		}
		return aside == scripts
	})
	if peak := e.peak(); peak > 96<<10 {
		t.Errorf("resident memory was %d KiB", peak)
	} else {
		t.Logf("resident memory was %d KiB at most", peak)
	}
}

// checkedAt is when the last health check of a container that differs from the one before had ended.
func (e *edged) checkedAt(name string) time.Time {
	e.t.Helper()
	var log []struct {
		End      time.Time
		ExitCode int
	}
	e.decode(e.inspect(name, "{{json .State.Health.Log}}"), &log)
	at := log[len(log)-1].End
	for i := len(log) - 1; i > 0 && log[i].ExitCode == log[len(log)-1].ExitCode; i-- {
		at = log[i].End
	}
	return at
}

// peak is the most resident memory that the daemon ever had, in KiB.
func (e *edged) peak() int {
	e.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", e.process.Process.Pid))
	if err != nil {
		e.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		e.t.Fatal(err)
	}
	return n
}
