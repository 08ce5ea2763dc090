// Command matrix runs the engine layer's tests on every engine version in the field and prints which behaviour held
// where. The engines come from Debian's suites, unpacked by suite.sh into a cache, see docs/testing.md. It needs root.
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

	"edged/engine"
	"edged/test/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cache := flag.String("cache", "/var/cache/edged-lab", "`folder` for the unpacked engines")
	suites := flag.String("suites", "bookworm,trixie,forky", "Debian suites whose engines to test")
	as := flag.String("as", "root,user", "whose engines: `root`'s and a user's, without root")
	run := flag.String("run", "", "tests to run, as for go test")
	flag.Parse()
	board := newBoard()
	var failed error
	for suite := range strings.SplitSeq(*suites, ",") {
		for who := range strings.SplitSeq(*as, ",") {
			if err := runSuite(ctx, suite, *cache, *run, who == "user", board); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s as %s: %w", suite, who, err))
			}
		}
	}
	board.print(os.Stdout)
	if failed != nil {
		fmt.Fprintln(os.Stderr, "matrix:", failed)
		os.Exit(1)
	}
}

// runSuite tests the two engines of one suite, as root or as a user.
func runSuite(ctx context.Context, suite, cache, run string, rootless bool, board *board) error {
	root, err := unpack(ctx, suite, cache)
	if err != nil {
		return err
	}
	l, err := lab.Up(ctx, lab.Options{NoMQTT: true, Root: root, Rootless: rootless})
	if err != nil {
		return err
	}
	err = testEngines(ctx, l.Env(), run, board)
	return errors.Join(err, l.Stop())
}

// unpack gives the folder of the suite's root file system.
func unpack(ctx context.Context, suite, cache string) (string, error) {
	root := filepath.Join(cache, suite)
	cmd := exec.CommandContext(ctx, "test/matrix/suite.sh", suite, root)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("unpack: %w", err)
	}
	return root, nil
}

// testEngines runs the tests with the lab in their environment. -short leaves out what measures the machine.
func testEngines(ctx context.Context, env *lab.Env, run string, board *board) error {
	names, err := versions(ctx, env)
	if err != nil {
		return err
	}
	args := []string{"test", "-json", "-count=1", "-short", "-p=1", "-timeout=30m", "-run=" + run, "./engine/..."}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), append(env.Environ(), "CI=true")...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	read := board.read(out, names, os.Stderr)
	_, rest := io.Copy(io.Discard, out)
	return errors.Join(read, rest, cmd.Wait())
}

// versions gives each engine of the lab a column: docker is "docker 26.1.5".
func versions(ctx context.Context, env *lab.Env) (map[string]string, error) {
	names := map[string]string{}
	for _, e := range env.Engines() {
		c, err := engine.NewContainerClient(ctx, engine.WithHost(e.Host))
		if err != nil {
			return nil, err
		}
		version, _, _ := strings.Cut(c.Engine.Version, "+")
		names[e.Name] = e.Name + " " + version
		if env.Rootless {
			names[e.Name] += " rootless"
		}
		c.Close()
	}
	return names, nil
}
