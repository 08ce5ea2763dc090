package device

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/test/lab"
	"edged/test/stand"
)

// readOnly makes everything read-only but a tmpfs, for the program that it then becomes: sh -c readOnly sh FOLDER SIZE PROGRAM...
const readOnly = `set -e
mount --make-rprivate /
mount -t tmpfs -o "size=$2" tmpfs "$1"
while read -r _ _ _ _ point _; do
	case $point in "$1" | /proc* | /sys* | /dev*) ;; *) mount -o remount,bind,ro "$point" 2>/dev/null || : ;; esac
done </proc/self/mountinfo
for path in "" /tmp /var/lib /run /etc; do
	if touch "$path/edged-writable" 2>/dev/null; then exit 99; fi
done
shift 2
exec "$@"`

// With a root that is read-only and 16 MiB of memory for all that it writes, edged updates containers, keeps what scripts
// keep, and finds it again.
func TestReadOnlyRoot(t *testing.T) {
	env := lab.Shared(t)
	name := lab.Name(t, "device")
	edged := newEdged(t, env.Engines()[0].Host, env.MQTTURL, name)
	script := `edged.api(1)
edged.before("update", function() edged.kv.incr("asked") end)`
	if err := os.WriteFile(edged.Dir+"/policy.d/10-count.lua", []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	env.Engines()[0].RunContainer(t, name, env.Image("idle"))
	edged.Prefix = []string{"unshare", "--mount", "sh", "-c", readOnly, "sh", edged.Dir + "/rw", "16m"}
	if err := edged.Start(); err != nil {
		t.Fatal(err)
	}
	inside := func(path string) string {
		return filepath.Join("/proc", strconv.Itoa(edged.PID()), "root", edged.Dir, "rw", path)
	}
	edged.Environ = append(edged.Environ, "EDGED_API_SOCKET="+inside("sock")) // for the command line
	eventually(t, "edged to know the engine", func() bool {
		return strings.Contains(cli(t, edged, "status", "--output", "json"), `"type": "docker"`)
	})
	updated(t, edged, env, name)
	eventually(t, "the state to be written", func() bool {
		text, err := os.ReadFile(inside("state/kv/10-count.lua.json"))
		return err == nil && strings.Contains(string(text), "asked")
	})
	log, err := os.ReadFile(edged.Log())
	if err != nil || strings.Contains(string(log), "read-only file system") || strings.Contains(string(log), "level=ERROR") {
		t.Errorf("edged wanted to write elsewhere: %v\n%s", err, log)
	}
}

// A storm of events while the broker is away is kept in 16 MiB, as far as the outbox's limits allow.
func TestStormFitsInSmallState(t *testing.T) {
	dir := t.TempDir()
	engine, err := stand.New(filepath.Join(dir, "engine.sock"), 100)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	edged := newEdged(t, engine.Host, "tcp://127.0.0.1:1", lab.Name(t, "device"))
	state := edged.Dir + "/rw"
	if err := syscall.Mount("tmpfs", state, "tmpfs", 0, "size=16m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { edged.Kill(); _ = syscall.Unmount(state, syscall.MNT_DETACH) })
	start(t, edged)
	engine.Storm(t.Context(), 1000, 10*time.Second)
	most := int64(0)
	eventually(t, "the outbox to be written", func() bool {
		var stat syscall.Statfs_t
		if err := syscall.Statfs(state, &stat); err != nil {
			t.Fatal(err)
		}
		most = max(most, int64(stat.Blocks-stat.Bfree)*stat.Bsize)
		return most > 64<<10
	})
	if out := cli(t, edged, "status"); !strings.Contains(out, "docker") {
		t.Errorf("afterwards edged says %s", out)
	}
	log, err := os.ReadFile(edged.Log())
	if err != nil || strings.Contains(string(log), "no space left") || strings.Contains(string(log), "can't be kept") {
		t.Errorf("%v\n%s", err, log)
	}
	t.Logf("%d KiB of 16 MiB were used", most>>10)
}
