package lab

import (
	"debug/elf"
	"runtime"
	"strings"
	"time"
)

// Images lists the test images, each with tag 1 where nothing else is said. All but stubborn end within milliseconds of
// SIGTERM.
//
//	web:1, web:2       a web server on port $PORT (80) that answers "web 1" or "web 2"; the second version differs in
//	                   every default: Env, Cmd, Labels, WorkingDir, Healthcheck
//	exits              exits at once with code 3
//	crashloop          runs 0.3 s, exits with code 1
//	slowhealth         "starting" until $HEALTHY_AFTER (3) seconds after its start, then healthy
//	sickly             healthy; unhealthy as long as /tmp/sick is there, which comes by itself after $SICK_AFTER
//	                   seconds (5; 0 is never) and is gone after a restart
//	stubborn           ignores SIGTERM; `-e IGNORE_SECONDS=n` ends it n seconds after SIGTERM
//	printenv           prints its environment, one NAME=value a line, and stays; no health check
//	idle               does nothing, in the least memory; no health check
//	wrongarch          another machine's: pulls, and ends at its start with "exec format error"
//	wrongarch:list     a list of platforms without this machine's: fails to pull
func Images() []ImageSpec {
	return []ImageSpec{
		web1(), web2(), exits(), crashloop(), slowhealth(), sickly(), stubborn(), printenv(), idle(), wrongarch(),
	}
}

// script is a shell program as the one process of an image. Where it waits, it does so with "wait", which a trapped
// signal interrupts; the first process of a container gets no default handling of SIGTERM.
func script(name string, lines ...string) ImageSpec {
	return ImageSpec{
		Name:   name,
		Files:  map[string]string{"/bin/main": "#!/bin/sh\n" + strings.Join(lines, "\n") + "\n"},
		Config: ImageConfig{Cmd: []string{"main"}, Env: []string{path}},
	}
}

const (
	path      = "PATH=/bin"
	endOnTERM = "trap 'exit 0' TERM INT"
	stay      = "sleep 2147483647 & wait"
)

func web1() ImageSpec {
	return web("web:1", "/www", &Healthcheck{
		Test:     []string{"CMD-SHELL", "wget -q -O - http://127.0.0.1:$PORT/ | grep -q 1"},
		Interval: time.Second, Timeout: 5 * time.Second, Retries: 3,
	}, []string{path, "PORT=80", "GREETING=hello", "DROPPED=only in version 1"}, map[string]string{
		"version": "1", "lab.dropped": "only in version 1",
	})
}

func web2() ImageSpec {
	spec := web("web:2", "/srv", &Healthcheck{
		Test:     []string{"CMD-SHELL", "wget -q -O - http://127.0.0.1:$PORT/ | grep -q web"},
		Interval: 500 * time.Millisecond, Timeout: 2 * time.Second, Retries: 2,
	}, []string{path, "PORT=80", "GREETING=good day", "ADDED=new in version 2"}, map[string]string{
		"version": "2", "lab.added": "new in version 2",
	})
	spec.Config.Cmd = []string{"main", "--second"}
	return spec
}

func web(name, workDir string, check *Healthcheck, env []string, labels map[string]string) ImageSpec {
	spec := script(name, endOnTERM, `httpd -f -p "$PORT" -h /www & wait`)
	_, version, _ := strings.Cut(name, ":")
	spec.Files["/www/index.html"] = "web " + version + "\n"
	spec.Config.Env, spec.Config.Labels, spec.Config.WorkingDir, spec.Config.Healthcheck = env, labels, workDir, check
	spec.Config.ExposedPorts = map[string]struct{}{"80/tcp": {}}
	return spec
}

func exits() ImageSpec { return script("exits:1", "echo exiting; exit 3") }
func crashloop() ImageSpec {
	return script("crashloop:1", endOnTERM, "echo crashing; sleep 0.3 & wait $!; exit 1")
}
func printenv() ImageSpec { return script("printenv:1", endOnTERM, "env", stay) }
func idle() ImageSpec     { return script("idle:1", endOnTERM, stay) }

func slowhealth() ImageSpec {
	spec := script("slowhealth:1", endOnTERM, "rm -f /tmp/healthy",
		`{ sleep "$HEALTHY_AFTER"; touch /tmp/healthy; } &`, stay)
	spec.Config.Env = append(spec.Config.Env, "HEALTHY_AFTER=3")
	spec.Config.Healthcheck = &Healthcheck{
		Test:     []string{"CMD", "test", "-e", "/tmp/healthy"},
		Interval: 500 * time.Millisecond, Timeout: 5 * time.Second, StartPeriod: time.Minute, Retries: 1,
	}
	return spec
}

func sickly() ImageSpec {
	spec := script("sickly:1", endOnTERM, "rm -f /tmp/sick",
		`[ "$SICK_AFTER" = 0 ] || { sleep "$SICK_AFTER"; touch /tmp/sick; } &`, stay)
	spec.Config.Env = append(spec.Config.Env, "SICK_AFTER=5")
	spec.Config.Healthcheck = &Healthcheck{
		Test:     []string{"CMD", "test", "!", "-e", "/tmp/sick"},
		Interval: time.Second, Timeout: 5 * time.Second, Retries: 1,
	}
	return spec
}

func stubborn() ImageSpec {
	return script("stubborn:1", `trap 'echo ignoring; [ -z "$IGNORE_SECONDS" ] || { sleep "$IGNORE_SECONDS"; exit 0; }' TERM`,
		"while :; do sleep 1 & wait $!; done")
}

func wrongarch() ImageSpec {
	arch, machine := otherMachine()
	return ImageSpec{
		Name: "wrongarch:1", Arch: arch,
		Files:  map[string]string{"/bin/main": foreignProgram(machine)},
		Config: ImageConfig{Cmd: []string{"/bin/main"}, Env: []string{path}},
	}
}

// otherMachine is arm64, and amd64 to arm64.
func otherMachine() (string, elf.Machine) {
	if runtime.GOARCH == "arm64" {
		return "amd64", elf.EM_X86_64
	}
	return "arm64", elf.EM_AARCH64
}
