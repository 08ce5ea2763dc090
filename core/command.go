package core

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"edged/core/request"
	"edged/core/update"
	"edged/hooks"
)

const (
	commandTail = 4 << 10     // bytes of what a command wrote that are kept: its end
	commandWait = time.Second // how long somebody else may hold its output open once it has ended
)

// errTooLong, as the cause of a context, says that a command had its time.
var errTooLong = errors.New("it took too long")

// command runs a command of the operator's, without a shell, in a group of processes
// of its own. When it ends, takes too long or is called off, all of the group is
// killed; so it is at the end of edged, which a command does not outlive.
func (a *errand) command(ctx context.Context) request.Result {
	run := a.request.Run
	program := a.settings.Commands[run.Name]
	if len(program) == 0 {
		return ended(a.res, request.Invalid, fmt.Errorf("run command %s: policy.commands has none of that name", run.Name))
	}
	limit := a.settings.CommandTimeout
	ctx, stop := context.WithTimeoutCause(ctx, limit, errTooLong)
	defer stop()
	written := &tail{limit: commandTail}
	cmd := exec.CommandContext(ctx, program[0], program[1:]...)
	cmd.Dir, cmd.Env = "/", environment(*run)
	cmd.Stdout, cmd.Stderr = written, written
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = commandWait
	err := cmd.Start()
	if err == nil {
		err = cmd.Wait()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it has left running; mostly there is nothing
		a.res.ExitCode = cmd.ProcessState.ExitCode()
	}
	a.res.Output = strings.ToValidUTF8(written.String(), "?")
	switch cause := context.Cause(ctx); {
	case err == nil:
		return ended(a.res, request.Committed, nil)
	case errors.Is(cause, errTooLong):
		err = fmt.Errorf("it was killed after %s", limit)
	case errors.Is(cause, update.ErrShutdown):
		err = errors.New("it was killed, as edged ends")
	case cause != nil:
		return ended(a.res, request.Cancelled, update.ErrCalledOff)
	}
	return ended(a.res, request.Failed, fmt.Errorf("run command %s: %w", run.Name, err))
}

// environment is what a command finds: nothing of edged's own, which may have secrets,
// and its arguments as EDGED_ARG_NAME.
func environment(run hooks.Command) (env []string) {
	for _, name := range []string{"PATH", "HOME", "LANG", "TZ"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(run.Args)) {
		env = append(env, "EDGED_ARG_"+strings.Map(variable, name)+"="+run.Args[name])
	}
	return env
}

// variable is a letter of an argument's name as the names of variables have it.
func variable(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return r - 'a' + 'A'
	case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return r
	default:
		return '_'
	}
}
