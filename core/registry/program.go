package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	programTime = time.Minute // for a program to answer, as thin-edge.io's container plugin has it
	programWait = time.Second // how long somebody else may hold its output open once it has ended
	answerMax   = 64 << 10    // bytes of an answer
)

// run runs a program in a group of processes of its own and reads the login that it answers with. What it writes is
// told nobody, not even as part of an error: both its outputs may have a secret.
func run(ctx context.Context, input, program string, args ...string) (found login, err error) {
	ctx, stop := context.WithTimeout(ctx, programTime)
	defer stop()
	cmd := exec.CommandContext(ctx, program, args...)
	var out answer
	cmd.Stdin, cmd.Stdout = strings.NewReader(input), &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = programWait
	if err := cmd.Run(); err != nil {
		return login{}, errors.Join(context.Cause(ctx), err)
	}
	if len(bytes.TrimSpace(out)) > 0 && json.Unmarshal(out, &found) != nil {
		return login{}, errors.New("its answer is not a JSON object with username and password")
	}
	return found, nil
}

// answer takes so much, and fails a program that writes more.
type answer []byte

func (a *answer) Write(p []byte) (int, error) {
	if len(*a)+len(p) > answerMax {
		return 0, errors.New("its answer is too long")
	}
	*a = append(*a, p...)
	return len(p), nil
}
