package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"edged/test/daemon"
	"edged/test/lab"
	"edged/test/story"
)

// stage is where the story plays: edged beside a lab, and an ear at the broker.
type stage struct {
	story.Stage
	env   *lab.Env
	dir   string
	edged *daemon.Daemon
}

// open builds and starts everything.
func (s *stage) open(ctx context.Context) error {
	story.Title("build edged and start it beside a private Docker, a broker and a registry")
	s.Engine, s.Image, s.CLI = lab.Engine{Name: "docker", Host: s.env.DockerHost}, s.env.Image, s.cli
	policies := filepath.Join(s.dir, "policy.d")
	err := story.WritePolicy("scripts/lua", policies, s.env.Registry)
	if err != nil {
		return err
	}
	s.edged, err = daemon.New(ctx, s.dir, daemon.Settings{
		Engine: s.env.DockerHost, Broker: s.env.MQTTURL, Policy: policies, StableFor: 2 * time.Second,
	})
	if err != nil {
		return err
	}
	if s.Ear, err = story.Listen(s.env.MQTTURL); err != nil {
		return err
	}
	if err := s.edged.Start(); err != nil {
		return err
	}
	_, err = s.Ear.Wait(ctx, 0, "edged is up", story.Health("edged", "up"))
	return err
}

// close stops what open started, edged politely, and removes the containers.
func (s *stage) close() error {
	var errs []error
	if s.edged != nil {
		errs = append(errs, s.edged.Stop())
	}
	if s.Ear != nil {
		s.Ear.Close()
	}
	for _, c := range story.Containers {
		_, err := s.Engine.Try(context.Background(), "rm", "-f", "-v", c)
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

// cli runs edged's command line.
func (s *stage) cli(ctx context.Context, output io.Writer, args ...string) (code int, err error) {
	cmd := s.edged.Command(ctx, args...)
	cmd.Stdout, cmd.Stderr = output, output
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return cmd.ProcessState.ExitCode(), nil
}
