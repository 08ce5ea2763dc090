package e2e

import (
	"cmp"
	"regexp"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// What scripts see of the device is what the kernel says, and of the containers what the engine says: also of those that
// run since before edged does.
func TestSnapshots(t *testing.T) {
	everywhere(t, func(e *edged) {
		old := e.run("old", "--label", "role=first", "--env", "SICK_AFTER=0", e.lab.Image("sickly"))
		eventually(e.t, old+" to be healthy", func() bool { return e.inspect(old, "{{.State.Health.Status}}") == "healthy" })
		e.script("10-look.lua", `
edged.before("stop", function(ev)
  local d = edged.device
  edged.log("warn", ("device %s %s disk=%s mem=%s up=%s online=%s"):format(d.id and "named" or "nameless", d.arch,
    tostring(d.disk_free > 0 and d.disk_free <= d.disk_total), tostring(d.mem_free > 0 and d.mem_free < d.mem_total),
    tostring(d.uptime > 0), tostring(d.net.online)))
  for _, c in ipairs(edged.containers.list()) do
    edged.log("warn", ("seen %s %s %s %s %s at %d."):format(c.name, c.state, tostring(c.health), c.image, c.labels.role or "none", c.started_at or 0))
  end
  assert(edged.containers.get("nobody") == nil)
  return edged.deny(edged.containers.get(ev.container.name).id == ev.container.id and "the same" or "another one")
end)`)
		e.start()
		since := time.Now()
		young := e.run("young", e.lab.Image("idle"))
		e.isReported(since, young, "up")
		has(e.t, "the answer", e.cli(10, "stop", old).out, "the same")
		e.journal.wait(e.t, "device named "+runtime.GOARCH+" disk=true mem=true up=true online=true")
		for name, what := range map[string]string{
			old:   " running healthy " + e.lab.Image("sickly") + " first at ",
			young: " running nil " + e.lab.Image("idle") + " none at ",
		} {
			var at []string
			eventually(e.t, "scripts to know when "+name+" started", func() bool { // a busy engine says it later
				at = regexp.MustCompile(regexp.QuoteMeta("seen "+name+what) + `([1-9]\d*)\.`).FindStringSubmatch(e.journal.String())
				if at == nil {
					e.cli(10, "stop", old)
				}
				return at != nil
			})
			if seconds, _ := strconv.ParseInt(at[1], 10, 64); time.Unix(seconds, 0).Sub(e.startedAt(name)).Abs() > 3*time.Second {
				e.t.Errorf("%s started at %s, scripts see %s", name, e.startedAt(name), at[1])
			}
		}
	})
}

// startedAt is when a container started, as the engine's client writes it: Podman's has no RFC 3339.
func (e *edged) startedAt(name string) time.Time {
	e.t.Helper()
	text := e.inspect(name, "{{.State.StartedAt}}")
	at, err := time.Parse(time.RFC3339Nano, text)
	other, err2 := time.Parse("2006-01-02 15:04:05.999999999 -0700 MST", text)
	if err != nil && err2 != nil {
		e.t.Fatal(err, err2)
	}
	return time.UnixMilli(cmp.Or(max(at.UnixMilli(), 0), other.UnixMilli()))
}
