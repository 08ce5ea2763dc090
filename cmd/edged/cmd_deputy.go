package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"edged/core"
	"edged/core/config"
	"edged/core/update"
	"edged/engine"
)

// newDeputyCommand is what edged itself runs in a container beside its own, to update
// that one. It needs no configuration: what counts is in the order.
func (a *app) newDeputyCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "deputy HOST ORDER",
		Short:  "Update the container that edged runs in",
		Hidden: true,
		Args:   arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var order update.Order
			if err := json.Unmarshal([]byte(args[1]), &order); err != nil {
				return &usageError{fmt.Errorf("read order: %w", err)}
			}
			return a.deputise(cmd.Context(), args[0], order)
		},
	}
}

// deputyCommand has an edged of this very file do the work.
func deputyCommand() []string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return []string{self, "deputy"}
}

// deputise reports on standard output, where edged reads it. Any exit code but 0 says
// that the work is to be gone on with.
func (a *app) deputise(ctx context.Context, host string, order update.Order) error {
	log, err := newLogger(a.errOut, config.Log{Level: "info", Format: "text"}, nil)
	if err != nil {
		return err
	}
	a.output = asJSON
	report := a.newReporter()
	connect := connector(config.Engine{Host: host, RetryInterval: time.Second}, log, engine.WithInfiniteRetries())
	res, err := core.Deputise(ctx, connect, order, log, report.progress)
	if err != nil {
		return err
	}
	if !res.Outcome.Final() {
		return errors.New("interrupted before the end")
	}
	report.result(res)
	return nil
}
