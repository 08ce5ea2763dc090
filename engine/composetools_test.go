package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"edged/test/lab"
)

// inRoot is a script that runs a command of another root file system where it is called, without writing to that.
const inRoot = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=%[3]s
exec unshare --mount --propagation private sh -ec '
	root=$1
	shift
	mount --bind "$root" "$root"
	mount -o remount,bind,ro "$root"
	for path in proc sys dev tmp; do mount --rbind "/$path" "$root/$path"; done
	mount -t tmpfs tmpfs "$root/run"
	[ -d "$root$PWD" ] || cd /
	exec unshare --root="$root" --wd="$PWD" "$@"
' sh %[1]s %[2]s "$@"
`

// onlyCompose leaves in PATH the compose tool that belongs to the engine, of the lab's root file system or of this
// machine: docker compose, or the docker-compose before it, or podman-compose.
func onlyCompose(t *testing.T, env *lab.Env, engine string) {
	t.Helper()
	dir := t.TempDir()
	install := func(name, script string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tool := map[string]string{"docker": "docker-compose", "podman": "podman-compose"}[engine]
	plugin := "usr/libexec/docker/cli-plugins/docker-compose"
	switch {
	case engine == "docker" && fileExists(filepath.Join("/", env.Root, plugin)):
		tool = "docker"
		fallthrough
	case env.Root != "":
		install(tool, fmt.Sprintf(inRoot, env.Root, tool, dir))
	default:
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err) // test/lab/install.sh installs it
		}
		install(tool, fmt.Sprintf("#!/bin/sh\nPATH='%s' exec %s \"$@\"\n", os.Getenv("PATH"), path))
	}
	t.Setenv("PATH", dir)
}

// TestComposeTools takes a project through its life by each engine's own tool: docker compose, docker-compose and
// podman-compose, which one is in the log.
func TestComposeTools(t *testing.T) {
	env := lab.Shared(t)
	env.EachEngine(t, func(t *testing.T, e lab.Engine) {
		c := testClient(t, e)
		onlyCompose(t, env, e.Name)
		tool, err := findCompose(t.Context(), c.CommandEnv())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v for %s %s", tool, e.Name, c.Engine.Version)
		dir := filepath.Join(t.TempDir(), "suite-tools")
		p := &composeProject{c: c, dir: dir, file: filepath.Join(dir, "docker-compose.yaml"), name: "suite-tools"}
		p.write(t, "services:\n  app:\n    image: "+env.Image("idle:1")+"\n    volumes: [data:/data]\n  side:\n    image: "+
			env.Image("idle:1")+"\nvolumes:\n  data: {}\n")
		t.Cleanup(func() { p.discard(t) })
		p.starts(t, env.Image("idle:1"))
		p.changes(t, env.Image("idle:1"))
		p.ends(t)
		p.write(t, "services:\n  app:\n    image: "+env.Image("none:1")+"\n")
		if err := c.ComposeUp(t.Context(), &p.out, p.name, p.dir); err == nil {
			t.Errorf("started without an image:\n%s", &p.out)
		}
	})
}

// composeProject is a project of TestComposeTools, and all that the tool said.
type composeProject struct {
	c               *ContainerClient
	dir, file, name string
	out             bytes.Buffer
}

func (p *composeProject) write(t *testing.T, text string) {
	t.Helper()
	err := errors.Join(os.MkdirAll(p.dir, 0o755), os.WriteFile(p.file, []byte(text), 0o644),
		os.WriteFile(filepath.Join(p.dir, "version"), []byte("1.0\nthe module\n"), 0o644))
	if err != nil {
		t.Fatal(err)
	}
}

func (p *composeProject) up(t *testing.T) {
	t.Helper()
	if err := p.c.ComposeUp(t.Context(), &p.out, p.name, p.dir); err != nil {
		t.Fatalf("%v\n%s", err, &p.out)
	}
}

// services are the running ones.
func (p *composeProject) services(t *testing.T) (names []string) {
	t.Helper()
	list, err := p.c.LookupProject(context.WithoutCancel(t.Context()), p.name, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range list {
		names = append(names, item.Labels[labelService]+" "+item.State)
	}
	slices.Sort(names)
	return names
}

func (p *composeProject) starts(t *testing.T, image string) {
	if err := EnsureExtraHost(t.Context(), []string{p.file}, p.dir, "host.test", "10.9.8.7"); err != nil {
		t.Fatal(err)
	}
	if images, err := ReadImages(t.Context(), nil, p.dir); err != nil || !slices.Equal(images, []string{image}) {
		t.Errorf("images %q, %v", images, err)
	}
	p.up(t)
	if got := p.services(t); !slices.Equal(got, []string{"app running", "side running"}) {
		t.Fatalf("services %q\n%s", got, &p.out)
	}
	if app := p.app(t); !slices.Contains(app.HostConfig.ExtraHosts, "host.test:10.9.8.7") {
		t.Errorf("hosts %q", app.HostConfig.ExtraHosts)
	}
	if name, err := p.c.ResolveComposeProjectName(t.Context(), "the module"); name != p.name || err != nil {
		t.Errorf("the module's project is %q, %v", name, err)
	}
	for _, same := range []string{p.name, "unknown"} {
		if name, err := p.c.ResolveComposeProjectName(t.Context(), same); name != same || err != nil {
			t.Errorf("%s resolves to %q, %v", same, name, err)
		}
	}
}

// changes: a container takes over what became of its service, and goes with it.
func (p *composeProject) changes(t *testing.T, image string) {
	p.write(t, "services:\n  app:\n    image: "+image+"\n    environment: [CHANGED=1]\n    volumes: [data:/data]\nvolumes:\n  data: {}\n")
	p.up(t)
	if got := p.services(t); !slices.Equal(got, []string{"app running"}) {
		t.Fatalf("services %q\n%s", got, &p.out)
	}
	if app := p.app(t); !slices.Contains(app.Config.Env, "CHANGED=1") {
		t.Errorf("environment %q\n%s", app.Config.Env, &p.out)
	}
}

// app inspects the one container of the service.
func (p *composeProject) app(t *testing.T) container.InspectResponse {
	t.Helper()
	list, err := p.c.LookupProject(t.Context(), p.name, "app")
	if err != nil || len(list) != 1 {
		t.Fatalf("app: %v, %v", list, err)
	}
	found, err := p.c.inspectFull(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// ends: nothing of the project is left but its folder, which isn't the one that was named as ours.
func (p *composeProject) ends(t *testing.T) {
	if err := p.c.ComposeDown(t.Context(), &p.out, p.name, "/none"); err != nil {
		t.Fatalf("%v\n%s", err, &p.out)
	}
	if got := p.services(t); len(got) != 0 {
		t.Errorf("services %q\n%s", got, &p.out)
	}
	if _, err := p.c.Client.VolumeInspect(t.Context(), p.name+"_data"); !errors.Is(kindOf(err), ErrNotFound) {
		t.Errorf("the volume is left: %v", err)
	}
	if _, err := p.c.network(t.Context(), p.name+"_default"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the network is left: %v", err)
	}
	if !fileExists(p.dir) {
		t.Error("the project's own folder is gone")
	}
}

// discard removes what a failed test has left.
func (p *composeProject) discard(t *testing.T) {
	for _, service := range p.services(t) {
		name, _, _ := strings.Cut(service, " ")
		for _, sign := range []string{"-", "_"} {
			_ = p.c.discard(context.WithoutCancel(t.Context()), p.name+sign+name+sign+"1")
		}
	}
}
