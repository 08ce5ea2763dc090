// Command lab starts the private laboratory of the tests: engines, a broker and registries of its own.
//
//	lab up             start it, print the environment that leads to it, and wait for Ctrl-C
//	lab run -- CMD...  start it, run CMD with that environment, and exit as CMD did
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"edged/test/lab"
)

const usage = `usage: lab [options] up
       lab [options] run -- CMD ARGS...

up   starts the lab, prints "export NAME=value" for each variable that leads to it, and waits for Ctrl-C.
run  starts the lab, runs CMD with those variables, stops the lab, and exits as CMD did.

options:
`

const exitUsage, exitFailed = 2, 1

// cmdGrace is how long CMD may take to end after we were told to.
const cmdGrace = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	code, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	var opts lab.Options
	flags := flag.NewFlagSet("lab", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&opts.NoDocker, "no-docker", false, "leave Docker out")
	flags.BoolVar(&opts.NoPodman, "no-podman", false, "leave Podman out")
	flags.BoolVar(&opts.NoMQTT, "no-mqtt", false, "leave the broker out")
	flags.BoolVar(&opts.NoRegistry, "no-registry", false, "leave the registries and the images out")
	flags.StringVar(&opts.Root, "root", "", "run the engines of this root file system, see test/matrix/suite.sh")
	flags.BoolVar(&opts.Rootless, "rootless", false, "run the engines as a user; needs --root")
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return exitUsage, nil // flag has printed it
	}
	command := flags.Args()
	if len(command) > 0 {
		command = command[1:]
	}
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	switch {
	case flags.Arg(0) == "up" && len(command) == 0:
		return withLab(ctx, opts, stderr, func(env *lab.Env) (int, error) { return show(ctx, env, stdout, stderr) })
	case flags.Arg(0) == "run" && len(command) > 0:
		return withLab(ctx, opts, stderr, func(env *lab.Env) (int, error) { return runCommand(ctx, env, command) })
	}
	flags.Usage()
	return exitUsage, nil
}

// withLab runs use while the lab is up.
func withLab(ctx context.Context, opts lab.Options, stderr io.Writer, use func(*lab.Env) (int, error)) (int, error) {
	begin := time.Now()
	l, err := lab.Up(ctx, opts)
	if err != nil {
		return exitFailed, err
	}
	fmt.Fprintf(stderr, "lab: up in %s, in %s\n", time.Since(begin).Round(time.Millisecond), l.Folder.Path)
	code, err := use(l.Env())
	if stopErr := l.Stop(); stopErr != nil {
		return max(code, exitFailed), errors.Join(err, stopErr)
	}
	return code, err
}

func show(ctx context.Context, env *lab.Env, stdout, stderr io.Writer) (int, error) {
	var exports strings.Builder
	for _, variable := range env.Environ() {
		fmt.Fprintln(&exports, "export", variable)
	}
	file := filepath.Join(env.Dir, "env")
	if err := os.WriteFile(file, []byte(exports.String()), 0o644); err != nil {
		return exitFailed, err
	}
	fmt.Fprint(stdout, exports.String())
	fmt.Fprintf(stderr, "lab: ready; \". %s\" in another shell leads to it, Ctrl-C here stops it\n", file)
	<-ctx.Done()
	return 0, nil
}

// runCommand gives CMD our terminal. Ctrl-C reaches it directly; a SIGTERM to us is passed on.
func runCommand(ctx context.Context, env *lab.Env, command []string) (int, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env.Environ()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = cmdGrace
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode(), nil
	case errors.As(err, &exit):
		return exitFailed, fmt.Errorf("run %s: %w", command[0], err) // by a signal
	case err != nil:
		return exitFailed, err
	}
	return 0, nil
}
