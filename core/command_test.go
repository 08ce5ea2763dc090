package core

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"edged/core/request"
	"edged/core/update"
	"edged/hooks"
)

// runs is an errand that runs sh -c script.
func runs(t *testing.T, script string, limit time.Duration) *errand {
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	return &errand{
		Daemon:  &Daemon{settings: Settings{CommandTimeout: limit, Commands: map[string][]string{"try": {"/bin/sh", path, "first"}}}},
		request: request.Request{Op: request.Command, Run: &hooks.Command{Name: "try", Args: map[string]string{"port": "1; reboot", "a-b": "x"}}},
	}
}

func TestCommand(t *testing.T) {
	t.Setenv("EDGED_MQTT_PASSWORD", "secret")
	for name, tt := range map[string]struct {
		script  string
		outcome request.Outcome
		code    int
		output  string
		reason  string
	}{
		"done":    {`echo "$1 $EDGED_ARG_PORT $EDGED_ARG_A_B $(pwd)"; echo err >&2`, request.Committed, 0, "first 1; reboot x /\nerr\n", ""},
		"fails":   {`echo no; exit 3`, request.Failed, 3, "no\n", "run command try: exit status 3"},
		"secrets": {`env | grep -c PASSWORD`, request.Failed, 1, "0\n", ""},
		"stdin":   {`cat; echo end`, request.Committed, 0, "end\n", ""},
		"much":    {`i=0; while [ $i -lt 3000 ]; do echo line; i=$((i+1)); done; printf '\377%s' last`, request.Committed, 0, "?last", ""},
	} {
		t.Run(name, func(t *testing.T) {
			res := runs(t, tt.script, time.Minute).command(t.Context())
			if res.Outcome != tt.outcome || res.ExitCode != tt.code || !strings.HasSuffix(res.Output, tt.output) ||
				len(res.Output) > commandTail || !strings.Contains(res.Reason, tt.reason) {
				t.Errorf("%d bytes, %q; %+v", len(res.Output), res.Output[max(0, len(res.Output)-20):], res.Outcome)
			}
		})
	}
}

// A command ends with all that it has begun, whatever ends it.
func TestCommandIsKilled(t *testing.T) {
	for name, tt := range map[string]struct {
		script  string
		limit   time.Duration
		cause   error // of the end of the errand
		outcome request.Outcome
		reason  string
	}{
		"time":       {`sleep 600 & echo $! > $0.pid; wait`, 2 * time.Second, nil, request.Failed, "killed after 2s"},
		"called off": {`sleep 600 & echo $! > $0.pid; wait`, time.Minute, update.ErrCalledOff, request.Cancelled, "called off"},
		"edged ends": {`sleep 600 & echo $! > $0.pid; wait`, time.Minute, update.ErrShutdown, request.Failed, "edged ends"},
		"left over":  {`sleep 600 >/dev/null 2>&1 & echo $! > $0.pid`, time.Minute, nil, request.Committed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := runs(t, tt.script, tt.limit)
			pidFile := a.settings.Commands["try"][1] + ".pid"
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if tt.cause != nil {
				go func() {
					childOf(t, pidFile)
					cancel(tt.cause)
				}()
			}
			res := a.command(ctx)
			if res.Outcome != tt.outcome || !strings.Contains(res.Reason, tt.reason) {
				t.Errorf("%+v", res)
			}
			if child := childOf(t, pidFile); child > 0 {
				comesTrue(t, "the end of what the command began", func() bool { return gone(child) })
			}
		})
	}
}

// gone reports whether a process has ended; nobody may have waited for it yet.
func gone(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ") || syscall.Kill(pid, 0) != nil
}

func childOf(t *testing.T, file string) (pid int) {
	comesTrue(t, "the command's child", func() bool {
		text, _ := os.ReadFile(file)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return pid > 0
	})
	return pid
}

// comesTrue waits for what another process does.
func comesTrue(t *testing.T, what string, ready func() bool) {
	end, tick := time.After(20*time.Second), time.NewTicker(2*time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-end:
			t.Errorf("waited in vain for %s", what)
			return
		}
	}
}

func TestCommandUnknown(t *testing.T) {
	a := runs(t, "", time.Minute)
	a.request.Run.Name = "other"
	if res := a.command(t.Context()); res.Outcome != request.Invalid || !strings.Contains(res.Reason, "policy.commands") {
		t.Errorf("%+v", res)
	}
	a.request.Run.Name, a.settings.Commands["try"] = "try", []string{"/nonexistent/program"}
	if res := a.command(t.Context()); res.Outcome != request.Failed || !strings.Contains(res.Reason, "/nonexistent/program") {
		t.Errorf("%+v", res)
	}
}

// A script's command takes the road of every request: others are asked, and hear of its end.
func TestCommandOnTheRoad(t *testing.T) {
	scripts := answers{
		"before command": func(ev hooks.Event) []hooks.Answer {
			if ev.Command.Name == "bad" {
				return []hooks.Answer{sayDeny}
			}
			return nil
		},
		"after command": always(),
	}
	working(t, scripts, nil, func(r *rig) {
		r.settings.Commands = map[string][]string{"good": {"/bin/echo", "hello"}, "bad": {"/bin/false"}}
		r.settings.CommandTimeout = time.Minute
		for i, name := range []string{"good", "bad"} {
			run := hooks.Action{Op: hooks.OpCommand, Target: name, Args: map[string]string{"n": "1"}}
			req := requestOf(hooks.Event{ID: "e", Container: &hooks.Container{Name: "web"}}, "a.lua", run, i)
			res := r.do(req)
			if want := []request.Outcome{request.Committed, request.Denied}[i]; res.Outcome != want || res.Target != "" {
				t.Errorf("%s: %+v", name, res)
			}
		}
		synctest.Wait()
		if got := r.scripts.questions(); got != "before command, after command, before command" {
			t.Fatalf("asked %s", got)
		}
		after := r.scripts.asked[1]
		if !after.OK || after.Result.Output != "hello\n" || !reflect.DeepEqual(after.Command, &hooks.Command{Name: "good", Args: map[string]string{"n": "1"}}) {
			t.Errorf("told %+v of %+v", after.Result, after)
		}
		if r.eng.done() != "" {
			t.Errorf("the engine did %s", r.eng.done())
		}
	})
}
