package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary stand in for edged: a script that calls edged
// calls main in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"edged": main, "container": linked, "container-group": linked, "container-image": linked, "self": linked,
	})
}

// linked is main with the path by which it was called, of which testscript leaves only the name.
func linked() {
	line, err := os.ReadFile("/proc/self/cmdline")
	if err != nil {
		panic(err)
	}
	os.Args[0], _, _ = strings.Cut(string(line), "\x00")
	main()
}

// TestScripts runs the command line as people do; testdata/*.txtar say what to
// expect. Beside testscript's own there are these commands:
//
//	daemon FILE             serve $EDGED_API_SOCKET with the answers in FILE, see daemon
//	exits CODE COMMAND...   run the command, which must end with that code
//	serving                 wait until a daemon answers at $EDGED_API_SOCKET
//	received                wait until the daemon has got its next request, and write it to request.json
//	systemd                 listen at $NOTIFY_SOCKET
//	told WORD               wait until systemd has been told that word
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("EDGED_API_SOCKET", e.WorkDir+"/edged.sock")
			e.Setenv("EDGED_CONFIG", e.WorkDir+"/edged.yaml")
			e.Setenv("TZ", "UTC")
			binary, err := os.Executable()
			if err != nil {
				return err
			}
			e.Setenv("TEST_BINARY", binary) // a link to it is a plugin
			e.Values[daemonKey{}] = newDaemon()
			e.Values[systemdKey{}] = &systemd{}
			return touch(e.WorkDir + "/edged.yaml")
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"daemon": startDaemon, "exits": exits, "received": received, "serving": serving,
			"systemd": startSystemd, "told": told,
		},
		RequireExplicitExec: true,
	})
}

// touch makes an empty file unless the script has one of that name.
func touch(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("%q ended with %d, want %d", args[1:], got, want)
	}
}

func serving(ts *testscript.TestScript, _ bool, _ []string) {
	deadline, tick := time.After(10*time.Second), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("unix", ts.Getenv("EDGED_API_SOCKET"))
		if err == nil {
			ts.Check(conn.Close())
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("no daemon: %v", err)
		}
	}
}
