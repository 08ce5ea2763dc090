package lab

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

const patience = 20 * time.Second

// One whole lab, and all that it is for, on both engines.
func TestLab(t *testing.T) {
	l := up(t)
	env := l.Env()
	t.Run("login", func(t *testing.T) { testLogin(t, l) })
	env.EachEngine(t, func(t *testing.T, engine Engine) {
		t.Parallel()
		t.Run("web", func(t *testing.T) { testWeb(t, env, engine) })
		t.Run("defaults", func(t *testing.T) { testDefaults(t, env, engine) })
		t.Run("exits", func(t *testing.T) { testExitCode(t, engine, env.Image("exits"), "3") })
		t.Run("crashloop", func(t *testing.T) { testExitCode(t, engine, env.Image("crashloop"), "1") })
		t.Run("printenv", func(t *testing.T) { testPrintenv(t, env, engine) })
		t.Run("slowhealth", func(t *testing.T) { testSlowhealth(t, env, engine) })
		t.Run("sickly", func(t *testing.T) { testSickly(t, env, engine) })
		t.Run("stubborn", func(t *testing.T) { testStubborn(t, env, engine) })
		t.Run("wrongarch", func(t *testing.T) { testWrongarch(t, env, engine) })
		t.Run("own image", func(t *testing.T) { testOwnImage(t, env, engine) })
	})
}

func testWeb(t *testing.T, env *Env, engine Engine) {
	for _, version := range []string{"1", "2"} {
		name := Name(t, "web"+version)
		engine.RunContainer(t, name, "--publish", "127.0.0.1::80", env.Image("web:"+version))
		published := engine.Run(t, "port", name, "80/tcp")
		if got := get(t, "http://"+published); got != "web "+version+"\n" {
			t.Errorf("web:%s answers %q", version, got)
		}
		waitStatus(t, engine, name, "healthy")
		begin := time.Now()
		engine.Run(t, "stop", name)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("web:%s took %s to stop: it ignores SIGTERM", version, took)
		}
	}
}

func testDefaults(t *testing.T, env *Env, engine Engine) {
	for _, field := range []string{".Config.Env", ".Config.Cmd", ".Config.Labels", ".Config.WorkingDir", healthField(engine)} {
		first := engine.Run(t, "image", "inspect", "--format", "{{json "+field+"}}", env.Image("web:1"))
		second := engine.Run(t, "image", "inspect", "--format", "{{json "+field+"}}", env.Image("web:2"))
		if first == second || first == "null" || second == "null" {
			t.Errorf("%s: %s in web:1, %s in web:2: they must differ", field, first, second)
		}
	}
}

// healthField: podman image inspect has the health check beside the configuration.
func healthField(engine Engine) string {
	if engine.Name == "podman" {
		return ".HealthCheck"
	}
	return ".Config.Healthcheck"
}

func testExitCode(t *testing.T, engine Engine, image, want string) {
	name := Name(t, "exit")
	engine.RunContainer(t, name, image)
	if got := engine.Run(t, "wait", name); got != want {
		t.Errorf("exit code %s, want %s", got, want)
	}
}

func testPrintenv(t *testing.T, env *Env, engine Engine) {
	name := Name(t, "printenv")
	engine.RunContainer(t, name, "--env", "COLOUR=green", env.Image("printenv"))
	eventually(t, "COLOUR=green in the log", func() bool {
		return slices.Contains(strings.Fields(engine.Run(t, "logs", name)), "COLOUR=green")
	})
}

func testSlowhealth(t *testing.T, env *Env, engine Engine) {
	name := Name(t, "slow")
	engine.RunContainer(t, name, "--env", "HEALTHY_AFTER=1", env.Image("slowhealth"))
	if got := status(t, engine, name); got != "starting" {
		t.Errorf("%s at first, want starting", got)
	}
	waitStatus(t, engine, name, "healthy")
}

func testSickly(t *testing.T, env *Env, engine Engine) {
	name := Name(t, "sickly")
	engine.RunContainer(t, name, "--env", "SICK_AFTER=0", env.Image("sickly"))
	waitStatus(t, engine, name, "healthy")
	engine.Run(t, "exec", name, "touch", "/tmp/sick")
	waitStatus(t, engine, name, "unhealthy")
	engine.Run(t, "exec", name, "rm", "/tmp/sick")
	waitStatus(t, engine, name, "healthy")
}

func testStubborn(t *testing.T, env *Env, engine Engine) {
	name := Name(t, "stubborn")
	engine.RunContainer(t, name, env.Image("stubborn"))
	engine.Run(t, "kill", "--signal", "TERM", name)
	eventually(t, "the signal in the log", func() bool { return engine.Run(t, "logs", name) == "ignoring" })
	if got := engine.Run(t, "inspect", "--format", "{{.State.Running}}", name); got != "true" {
		t.Errorf("running: %s after SIGTERM", got)
	}
}

func testWrongarch(t *testing.T, env *Env, engine Engine) {
	name := Name(t, "wrongarch")
	engine.RunContainer(t, name, env.Image("wrongarch"))
	if code := engine.Run(t, "wait", name); code == "0" {
		t.Error("a program of another machine ran")
	}
	if out, err := engine.Try(t.Context(), "pull", env.Image("wrongarch:list")); err == nil {
		t.Errorf("a list without this machine's platform was pulled: %s", out)
	}
}

func testOwnImage(t *testing.T, env *Env, engine Engine) {
	spec := ImageSpec{Name: "own:" + engine.Name, Config: ImageConfig{Cmd: []string{"/bin/true"}}}
	digest, err := env.Pusher().Push(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	repository, _, _ := strings.Cut(env.Image("own"), ":1")
	engine.Run(t, "run", "--rm", repository+"@"+digest)
}

func testLogin(t *testing.T, l *Lab) {
	image := l.Env().LoginImage("web:2")
	pulls := map[string]func(ctx context.Context, ref, user, password string) error{"docker": l.Docker.Pull, "podman": l.Podman.Pull}
	for name, pull := range pulls {
		if err := pull(t.Context(), image, "", ""); err == nil {
			t.Errorf("%s: pulled without an account", name)
		}
		user, password := l.Login.Login()
		if err := pull(t.Context(), image, user, "not "+password); err == nil {
			t.Errorf("%s: pulled with a wrong password", name)
		}
		if err := pull(t.Context(), image, user, password); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// up starts a lab that is stopped after the test, and checks that nothing of it is left.
func up(t *testing.T) *Lab {
	t.Helper()
	needRoot(t)
	l, err := Up(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
		nothingLeft(t, l.Folder)
	})
	return l
}

// needRoot skips the test where no engine can start; CI=true makes that a failure.
func needRoot(t *testing.T) {
	t.Helper()
	_, err := exec.LookPath("dockerd")
	if err == nil && os.Getuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("the lab needs root and the packages of install.sh")
	}
	t.Skip("the lab needs root and the packages of install.sh")
}

// ownFolder gives a folder that is removed after the test, and checks that nothing of it is left.
func ownFolder(t *testing.T) *Folder {
	t.Helper()
	needRoot(t)
	folder, err := NewFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
		nothingLeft(t, folder)
	})
	return folder
}

func nothingLeft(t *testing.T, folder *Folder) {
	t.Helper()
	if pids := belongingTo(folder.Path); len(pids) > 0 {
		t.Errorf("processes left: %v", pids)
	}
	if points := mountPoints(folder.Path); len(points) > 0 {
		t.Errorf("mounts left: %v", points)
	}
	if bridges := interfacesIn(folder.networks()); len(bridges) > 0 {
		t.Errorf("bridges left: %v", bridges)
	}
	if rules, err := exec.Command("iptables-save").Output(); err != nil || hasAddress(string(rules), []netip.Prefix{folder.networks()}) {
		t.Errorf("packet filter rules left (%v): %s", err, rules)
	}
	if _, err := os.Stat(folder.Path); err == nil {
		t.Errorf("folder left: %s", folder.Path)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	var body string
	eventually(t, "an answer of "+url, func() bool {
		resp, err := http.Get(url)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		body = string(data)
		return err == nil
	})
	return body
}

func status(t *testing.T, engine Engine, name string) string {
	t.Helper()
	return engine.Run(t, "inspect", "--format", "{{.State.Health.Status}}", name)
}

func waitStatus(t *testing.T, engine Engine, name, want string) {
	t.Helper()
	eventually(t, name+" to be "+want, func() bool { return status(t, engine, name) == want })
}

// eventually looks until there is what should be, and fails after a while.
func eventually(t *testing.T, what string, there func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !there() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}
