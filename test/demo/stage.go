package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"edged/test/daemon"
	"edged/test/lab"
)

// patience is how long a step may take that should be over in a second or two.
const patience = 30 * time.Second

// stage is where the story plays: edged beside a lab, and an ear at the broker.
type stage struct {
	env    *lab.Env
	dir    string
	engine lab.Engine

	edged *daemon.Daemon
	ear   *ear
}

// open builds and starts everything.
func (s *stage) open(ctx context.Context) error {
	title("build edged and start it beside a private Docker, a broker and a registry")
	policies, err := s.writePolicy()
	if err != nil {
		return err
	}
	s.edged, err = daemon.New(ctx, s.dir, daemon.Settings{
		Engine: s.env.DockerHost, Broker: s.env.MQTTURL, Policy: policies, StableFor: 2 * time.Second,
	})
	if err != nil {
		return err
	}
	if s.ear, err = listen(s.env.MQTTURL); err != nil {
		return err
	}
	if err := s.edged.Start(); err != nil {
		return err
	}
	_, err = s.ear.wait(ctx, 0, "edged is up", health("edged", "up"))
	return err
}

// policies are those of scripts/lua that the story needs.
var policies = []string{"10-trusted-registry.lua", "20-maintenance-window.lua", "30-unhealthy-restart.lua"}

// writePolicy copies shipped policies, and has them trust the lab's registry as an
// operator would: by a changed copy.
func (s *stage) writePolicy() (dir string, err error) {
	dir = filepath.Join(s.dir, "policy.d")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for _, file := range policies {
		text, err := os.ReadFile(filepath.Join("scripts/lua", file))
		if err != nil {
			return "", err
		}
		edited := strings.ReplaceAll(string(text), "registry.example.com", s.env.Registry)
		if err := os.WriteFile(filepath.Join(dir, file), []byte(edited), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// close stops what open started, edged politely, and removes the containers.
func (s *stage) close() error {
	var errs []error
	if s.edged != nil {
		errs = append(errs, s.edged.Stop())
	}
	if s.ear != nil {
		s.ear.close()
	}
	for _, c := range containers {
		_, err := s.engine.Try(context.Background(), "rm", "-f", "-v", c)
		if err != nil && !strings.Contains(err.Error(), "No such container") {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// stay leaves everything to a person.
func (s *stage) stay(ctx context.Context) error {
	fmt.Printf("\nedged runs. Try, in another shell:\n\n  export DOCKER_HOST=%s\n  edged() { %s --config %s \"$@\"; }\n",
		s.env.DockerHost, s.edged.Binary(), s.edged.Config())
	fmt.Printf("  docker run -d --name web %s\n  edged ps; edged update web %s\n  mosquitto_sub -L %s/te/# -v\n\nIts log is %s. Ctrl-C ends it.\n",
		s.env.Image("web:1"), s.env.Image("web:2"), s.env.MQTTURL, s.edged.Log())
	<-ctx.Done()
	return nil
}

// cli runs edged's command line, shows it and returns what it printed.
func (s *stage) cli(ctx context.Context, want int, args ...string) (string, error) {
	fmt.Printf("$ edged %s\n", strings.Join(args, " "))
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := s.edged.Command(ctx, args...)
	var printed strings.Builder
	cmd.Stdout = io.MultiWriter(&printed, indented{os.Stdout})
	cmd.Stderr = cmd.Stdout
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", err
	}
	if code := cmd.ProcessState.ExitCode(); code != want {
		return "", fmt.Errorf("edged %s: exit code %d, want %d", strings.Join(args, " "), code, want)
	}
	return printed.String(), nil
}

// docker runs the engine's own command line and shows it.
func (s *stage) docker(ctx context.Context, args ...string) (string, error) {
	fmt.Printf("$ docker %s\n", strings.Join(args, " "))
	return s.engine.Try(ctx, args...)
}
