package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newStartCommand() *cobra.Command {
	return a.newContainersCommand(request.Start, "start CONTAINER...", "Start stopped containers")
}

func (a *app) newStopCommand() *cobra.Command {
	return a.newContainersCommand(request.Stop, "stop CONTAINER...", "Stop running containers")
}

func (a *app) newRestartCommand() *cobra.Command {
	return a.newContainersCommand(request.Restart, "restart [CONTAINER...]", "Stop and start containers (default: the one that edged runs in)")
}

func (a *app) newRemoveCommand() *cobra.Command {
	return a.newContainersCommand(request.Remove, "remove CONTAINER...", "Stop and remove containers")
}

// newContainersCommand does something to one container after the other.
func (a *app) newContainersCommand(op request.Op, use, short string) *cobra.Command {
	req, least := request.Request{Op: op}, 1
	if op == request.Restart {
		least = 0
	}
	cmd := &cobra.Command{
		Use: use, Short: short, Args: arguments(least, 1000),
		RunE: func(cmd *cobra.Command, args []string) error {
			if req.ID != "" && len(args) > 1 {
				return &usageError{errors.New("--id is for one container")}
			}
			args, err := a.orOwn(cmd, args)
			worst := new(outcomeError)
			for i := 0; err == nil && i < len(args); i++ {
				req.Target = args[i]
				err = a.do(cmd, req)
				if ended := new(outcomeError); errors.As(err, &ended) {
					err, worst.code = nil, max(worst.code, ended.code)
				}
			}
			if err == nil && worst.code > 0 {
				return worst
			}
			return err
		},
	}
	idFlag(cmd.Flags(), &req)
	if op != request.Start {
		stopTimeoutFlag(cmd.Flags(), &req.Options)
	}
	return cmd
}

// orOwn are the names that were given or, without any, that of the container in which edged runs.
func (a *app) orOwn(cmd *cobra.Command, names []string) ([]string, error) {
	if len(names) > 0 {
		return names, nil
	}
	c, err := a.client(cmd)
	if err != nil {
		return nil, err
	}
	status, err := c.Status(cmd.Context())
	if err == nil && status.Self == "" {
		err = &usageError{fmt.Errorf("a container is missing, since edged does not run in one; usage: %s", cmd.UseLine())}
	}
	return []string{status.Self}, err
}
