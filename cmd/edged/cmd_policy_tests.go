package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"edged/hooks/lua/luatest"
)

func (a *app) newPolicyTestCommand() *cobra.Command {
	opts, junit := luatest.Options{Cover: true}, ""
	cmd := &cobra.Command{
		Use:   "test [FOLDER...]",
		Short: "Run the tests of policy scripts",
		Long: `Run the functions test_* of the files *_test.lua in a policy folder and in test/ below
it, and tell what of the scripts they reach. Without an argument, the folders of the
configuration are tested. That no test is found is an error.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if opts.Dirs, err = a.policyDirs(cmd, args); err != nil {
				return err
			}
			began := time.Now()
			report, err := luatest.Run(cmd.Context(), opts)
			if err != nil {
				return err
			}
			if err := a.showTests(report, time.Since(began)); err != nil {
				return err
			}
			if err := writeJUnit(junit, report); err != nil {
				return err
			}
			if report.Failed() > 0 {
				return &outcomeError{exitFailure}
			}
			return nil
		},
	}
	addSettings(cmd.Flags(), "policy.dirs")
	cmd.Flags().StringVar(&opts.Run, "run", "", "only tests with this text in their names")
	cmd.Flags().StringVar(&junit, "junit", "", "write the results to this file, as CI systems read them")
	return cmd
}

func writeJUnit(file string, r luatest.Report) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if err := luatest.WriteJUnit(f, r); err != nil {
		f.Close()
		return fmt.Errorf("write results: %w", err)
	}
	return f.Close()
}

func (a *app) showTests(r luatest.Report, took time.Duration) error {
	return a.show(r, func(w io.Writer) {
		for _, t := range r.Tests {
			if t.Failure == nil {
				fmt.Fprintf(w, "ok\t%s\t%d units\n", t.Name, t.Units)
				continue
			}
			fmt.Fprintf(w, "FAIL\t%s\t\n", t.Name)
			fmt.Fprintf(w, "%s:%d: %s\n", t.Failure.File, t.Failure.Line, indent(t.Failure.Message))
		}
		for _, c := range r.Coverage {
			fmt.Fprintf(w, "%s\tlines %d of %d\tanswers %d of %d%s\n", c.File, c.Ran, c.Lines, c.Given(), len(c.Answers), missed(c))
		}
		fmt.Fprintf(w, "%d tests, %d failed, %d units, %s\n", len(r.Tests), r.Failed(), r.Units(), took.Round(time.Millisecond))
	})
}

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

// missed names the lines that no test reached.
func missed(c luatest.Coverage) string {
	if len(c.Missed) == 0 {
		return ""
	}
	return "\tnot reached: " + strings.Trim(fmt.Sprint(c.Missed), "[]")
}
