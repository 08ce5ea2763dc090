package main

import (
	"strings"

	"github.com/spf13/cobra"

	"edged/hooks/lua/luatest"
)

func (a *app) newPolicySampleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sample [PHASE] OP",
		Short: "Print an event as scripts see it, to try them with",
		Long: `Print an event as JSON, as scripts see it: "before pull", "after update", "on health".
An operation alone is meant before it is done. "edged policy eval --event" asks the
scripts about such an event.`,
		Example: "  edged policy sample pull > e.json\n  edged policy sample on mqtt:app/lock",
		Args:    arguments(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			phase, name, err := luatest.Occasion(strings.Join(args, " "))
			if err != nil {
				return &usageError{err}
			}
			enc := newEncoder(a.out)
			enc.SetIndent("", "  ")
			return enc.Encode(luatest.Sample(phase, name))
		},
	}
}
