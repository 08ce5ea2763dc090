package main

import (
	"os/exec"
	"syscall"

	"github.com/spf13/cobra"

	"edged/core/config"
	"edged/engine"
)

// newEngineCommand ends this process: the engine's tool takes its place, and gives its exit code.
func (a *app) newEngineCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "engine", Short: "Reach the container engine", Args: arguments(0, 0)}
	docker := &cobra.Command{
		Use:   "docker COMMAND...",
		Short: "Run the engine's own command line (docker, podman or podman-remote) on the engine that edged uses",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, _, err := a.load(cmd)
			if err != nil {
				return err
			}
			log, err := newLogger(a.errOut, config.Log{Level: "warn", Format: "text"}, nil)
			if err != nil {
				return err
			}
			found, _, err := connector(cfg.Engine, log, engine.WithAttempts(1))(cmd.Context())
			if err != nil {
				return err
			}
			client := found.(*engine.ContainerClient)
			tool, args, err := client.DockerCommand(args...)
			if err == nil {
				tool, err = exec.LookPath(tool)
			}
			if err != nil {
				return err
			}
			return syscall.Exec(tool, append([]string{tool}, args...), client.CommandEnv())
		},
	}
	docker.Flags().SetInterspersed(false) // what follows the command is not for us
	cmd.AddCommand(docker)
	return cmd
}
