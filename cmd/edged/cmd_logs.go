package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"edged/core/api"
)

func (a *app) newLogsCommand() *cobra.Command {
	var opts api.LogOptions
	cmd := &cobra.Command{
		Use:   "logs [CONTAINER...]",
		Short: "Print the logs of containers (default: of the one that edged runs in)",
		Args:  arguments(0, 1000),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			args, err = a.orOwn(cmd, args)
			for i := 0; err == nil && i < len(args); i++ {
				err = c.Logs(cmd.Context(), a.out, args[i], opts)
			}
			if cmd.Context().Err() != nil {
				return &leftError{} // the usual end of --follow
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.VarP(tail{&opts.Tail}, "tail", "n", "only so many of the newest lines (default: all)")
	flags.Var(since{&opts.Since, time.Now}, "since", "only what is not older: 10m, or 2026-08-01T12:00:00Z, or seconds since 1970")
	flags.Var(since{&opts.Until, time.Now}, "until", "only what is older, as --since has it")
	flags.BoolVarP(&opts.Follow, "follow", "f", false, "go on with what comes")
	flags.BoolVarP(&opts.Timestamps, "timestamps", "t", false, "put the time before each line")
	flags.BoolVar(&opts.Details, "details", false, "put the details of Docker's log driver before each line")
	return cmd
}

// tail is a flag for a number of lines.
type tail struct{ n *int }

func (n tail) String() string { return "" }

func (n tail) Set(text string) error {
	v, err := strconv.Atoi(text)
	if err != nil || v < 1 {
		return fmt.Errorf("want a number of at least 1, got %q", text)
	}
	*n.n = v
	return nil
}

func (n tail) Type() string { return "lines" }

// since is a flag for a moment, or for how long it is ago.
type since struct {
	t   *time.Time
	now func() time.Time
}

func (s since) String() string { return "" }

func (s since) Set(text string) error {
	if unix, err := strconv.ParseInt(text, 10, 64); err == nil {
		*s.t = time.Unix(unix, 0)
		return nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		*s.t = s.now().Add(-ago)
		return nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("want a duration such as 10m or a time such as 2026-08-01T12:00:00Z, got %q", text)
	}
	*s.t = t
	return nil
}

func (s since) Type() string { return "time" }
