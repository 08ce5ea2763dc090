package e2e

import (
	"strings"
	"testing"
	"time"
)

// The peer's clone is an update that can change more, and can wait for the container's own end.
func TestClone(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("job", "--env", "KEEP=1", "--env", "DROP=1", "--restart", "always", e.lab.Image("printenv"))
		e.cli(2, "clone", "--container", name, "--no-pull", "--check")
		e.cli(0, "clone", "--container", name, "--no-pull", "--check", "--env", "ADDED=1")

		e.cli(0, "clone", "--container", name, "--no-pull", "--force", "--env", "ADDED=1", "--ignore-env", "DROP", "--label", "mine=1",
			"--add-host", "peer:10.1.2.3", "--entrypoint", "sh", "--stop-after", "1s", "--", "-c", "cat /etc/hosts; trap 'exit 0' TERM; sleep 2147483647 & wait")
		has(e.t, "settings", e.inspect(name, "{{json .Config}} {{json .HostConfig.ExtraHosts}}"), `"KEEP=1"`, `"ADDED=1"`, `"mine":"1"`, "peer:10.1.2.3")
		if strings.Contains(e.inspect(name, "{{json .Config.Env}}"), "DROP") {
			e.t.Error("the variable was taken over")
		}
		eventually(e.t, "the name to be known", func() bool { return strings.Contains(e.engine.Run(e.t, "logs", name), "10.1.2.3") })

		old := e.id(name)
		e.cli(12, "clone", "--container", name, "--no-pull", "--force", "--wait-for-exit", "--stop-timeout", "2s")
		if e.id(name) != old {
			e.t.Error("it was touched before it had ended")
		}
		waiting := e.command("clone", "--container", name, "--no-pull", "--force", "--wait-for-exit", "--stop-timeout", "90s")
		done := make(chan error, 1)
		go func() { done <- waiting.Run() }()
		eventually(e.t, "the new container to stand by", func() bool { return len(e.containers()) == 2 })
		select {
		case err := <-done:
			e.t.Fatalf("it did not wait: %v", err)
		case <-time.After(2 * time.Second):
		}
		e.engine.Run(e.t, "kill", name) // which its restart policy makes good, on some engines
		if err := <-done; err != nil || e.id(name) == old {
			e.t.Errorf("it ended with %v", err)
		}
		e.isRunning(name, true)
		e.existOnly(name)
	})
}

// A command in a container like another has its volumes and variables, and may end as it likes.
func TestRunInContext(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.start()
		name := e.run("base", "--env", "MINE=1", "--volume", e.dir+":/mnt", "--publish", "127.0.0.1::8080", "--restart", "always", e.lab.Image("idle"))
		out := e.cli(0, "run-in-context", "--container", name, "--env", "MORE=2", "--label", "x=y", "--", "sh", "-c",
			"echo $MINE $MORE $TEDGE_MQTT_CLIENT_HOST >/mnt/ran; exit 3").out
		made, _, _ := strings.Cut(out, ":")
		eventually(e.t, "the command to run", func() bool { return e.inspect(made, "{{.State.Status}}") == "exited" })
		has(e.t, "what it wrote", e.read("ran"), "1 2 "+name+"\n")
		has(e.t, "settings", e.inspect(made, "{{json .Config.Labels}} {{.HostConfig.RestartPolicy.Name}}"), `"x":"y"`)
		if strings.Contains(e.inspect(made, "{{json .HostConfig.PortBindings}} {{.HostConfig.RestartPolicy.Name}}"), "8080") {
			e.t.Error("it has the other's ports")
		}
		e.cli(0, "run-in-context", "--container", name, "--rm", "--name-prefix", e.name("gone"), "--entrypoint", "sh", "--", "-c", "echo again >/mnt/ran")
		eventually(e.t, "the second to run and go", func() bool { return e.read("ran") == "again\n" && len(e.containers()) == 2 })
		e.cli(0, "remove", made, name)
		e.existOnly()
	})
}

// The engine's own command line reaches the engine that edged has found, and its exit code is passed on.
func TestEngineCommand(t *testing.T) {
	everywhere(t, func(e *edged) {
		e.writeFile()
		name := e.run("idle", e.lab.Image("idle"))
		has(e.t, "ps", e.cli(0, "engine", "docker", "ps", "--format", "{{.Names}}").out, name)
		e.cli(7, "engine", "docker", "exec", name, "sh", "-c", "exit 7")
	})
}

// Where edged runs in a container, that one is meant without a name.
func TestOwnContainer(t *testing.T) {
	everywhere(t, func(e *edged) {
		name := e.runInside("self:1")
		eventually(e.t, "edged to know its container", func() bool { return e.status().Self == name })
		has(e.t, "logs", e.cli(0, "logs", "-n", "1000").out, "connected to the engine")
		e.cli(2, "clone", "--no-pull", "--check")
	})
}
