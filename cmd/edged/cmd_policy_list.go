package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"edged/core/api"
)

func (a *app) newPolicyListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show the scripts in force, and what they put off",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			p, err := c.Policy(cmd.Context())
			if err != nil {
				return err
			}
			return a.show(p, func(w io.Writer) { printPolicy(w, p) })
		},
	}
}

func printPolicy(w io.Writer, p api.Policy) {
	fmt.Fprintf(w, "revision\t%s, from %s, since %s; without an opinion: %s\n", orDash(p.Revision), p.From, moment(p.Since), p.Default)
	if r := p.Rejected; r != nil {
		fmt.Fprintf(w, "rejected\trevision %s, at %s\n", orDash(r.Revision), moment(r.At))
		for _, problem := range r.Problems {
			fmt.Fprintf(w, "\t%s\n", problem)
		}
	}
	for _, s := range p.Scripts {
		fmt.Fprintf(w, "%s\t%s\n", s.File, scriptText(s))
		for _, h := range s.Hooks {
			fmt.Fprintf(w, "\tline %d: %s %s\n", h.Line, h.Phase, h.Name)
		}
		for _, t := range s.Timers {
			when := "every " + t.Every.String()
			if t.Cron != "" {
				when = join("cron", t.Cron, t.Zone)
			}
			fmt.Fprintf(w, "\tline %d: %s\n", t.Line, when)
		}
	}
	for _, o := range p.Overrides {
		fmt.Fprintf(w, "override\t%s until %s, by %s: %s\n", o.Name, moment(o.Until), o.Actor, o.Reason)
	}
	for _, r := range p.Deferred {
		fmt.Fprintf(w, "deferred\t%s\n", runningText(r))
	}
}

// scriptText says how a script is.
func scriptText(s api.PolicyScript) string {
	text := string(s.Mode)
	switch {
	case s.Aside != "":
		text += ", set aside until it changes: " + s.Aside
	case s.Failures > 0:
		text += fmt.Sprintf(", failed %d times in a row", s.Failures)
	}
	return text
}
