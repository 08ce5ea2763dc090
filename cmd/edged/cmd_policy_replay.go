package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"edged/hooks"
	"edged/hooks/lua/luatest"
)

func (a *app) newPolicyReplayCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "replay FILE [FOLDER...]",
		Short: "Come to a recorded decision again, here and now",
		Long: `Ask the scripts again about the event of a recorded decision, showing them what they
saw then: time, device, files and what they had kept. If the record has the scripts,
these are asked; else those of the folders, or of the configuration. It ends with 1 if
the decision is another one. A - in the place of the file means standard input.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := readInput(args[0], os.Stdin)
			if err != nil {
				return err
			}
			rec, err := luatest.ReadRecord(data)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			var dirs []string
			if len(args) > 1 || rec.Sources == nil {
				if dirs, err = a.policyDirs(cmd, slices.Clone(args[1:])); err != nil {
					return err
				}
			}
			r, err := luatest.Replay(cmd.Context(), rec, dirs)
			if err != nil {
				return err
			}
			if err := a.showReplay(rec, r); err != nil {
				return err
			}
			if !r.Same {
				return &outcomeError{exitFailure}
			}
			return nil
		},
	}
	addSettings(cmd.Flags(), "policy.dirs")
	return cmd
}

func (a *app) showReplay(rec hooks.Record, r luatest.Replayed) error {
	if a.output == asJSON {
		return a.show(r, nil)
	}
	for _, s := range r.Changed {
		fmt.Fprintf(a.errOut, "edged: %s\n", s)
	}
	if r.Same {
		_, err := fmt.Fprintf(a.out, "%s\nthe same decision\n", luatest.Describe(rec.Event, r.Decision))
		return err
	}
	_, err := io.WriteString(a.out, fmt.Sprintf("then: %s\nnow:  %s\n", luatest.Describe(rec.Event, rec.Decision), luatest.Describe(rec.Event, r.Decision)))
	return err
}
