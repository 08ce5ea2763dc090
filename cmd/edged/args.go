package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"edged/core/request"
)

// arguments makes sure that there are least to most arguments.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least {
			return fmt.Errorf("an argument is missing; usage: %s", cmd.UseLine())
		}
		if len(args) > most {
			return fmt.Errorf("unexpected argument %q; usage: %s", args[most], cmd.UseLine())
		}
		return nil
	}
}

// withCommand is arguments for what comes before "--"; behind it is the command
// to run in the container.
func withCommand(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		names, _ := splitCommand(cmd, args)
		return arguments(least, most)(cmd, names)
	}
}

func splitCommand(cmd *cobra.Command, args []string) (names, command []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}

// pairs is a flag that takes NAME=VALUE, once or more often.
type pairs map[string]string

func (p pairs) String() string { return "" }

func (p pairs) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("want NAME=VALUE, got %q", text)
	}
	p[name] = value
	return nil
}

func (p pairs) Type() string { return "NAME=VALUE" }

// env is a flag for environment variables, in the order in which they are given.
type env struct{ list *[]string }

func (e env) String() string { return "" }

func (e env) Set(text string) error {
	if err := (pairs{}).Set(text); err != nil {
		return err
	}
	*e.list = append(*e.list, text)
	return nil
}

func (e env) Type() string { return "NAME=VALUE" }

// wait is a flag for a duration that is not negative.
type wait struct{ d *request.Duration }

func (w wait) String() string { return "" }

func (w wait) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return fmt.Errorf("want a duration such as 90s, got %q", text)
	}
	*w.d = request.Duration(d)
	return nil
}

func (w wait) Type() string { return "duration" }

func idFlag(flags *pflag.FlagSet, req *request.Request) {
	flags.StringVar(&req.ID, "id", "", "id of the request: asking again with the same one gives the same answer")
}

func stopTimeoutFlag(flags *pflag.FlagSet, o *request.Options) {
	flags.Var(wait{&o.StopTimeout}, "stop-timeout", "time from the stop signal to the kill (default: as configured)")
}

func gateFlags(flags *pflag.FlagSet, o *request.Options) {
	flags.Var(wait{&o.HealthGate}, "health-gate", "longest time to become healthy (default: as configured)")
	flags.Var(wait{&o.StableFor}, "stable-for", "without a healthcheck, time to run without an exit (default: as configured)")
}

// settingsFlags are what a new container and its replacement have in common.
func settingsFlags(flags *pflag.FlagSet, o *request.Options) {
	o.Labels = map[string]string{}
	flags.VarP(env{&o.Env}, "env", "e", "environment variable; can be given more than once")
	flags.VarP(pairs(o.Labels), "label", "l", "label; can be given more than once")
}
