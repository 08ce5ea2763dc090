package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"edged/core/request"
	"edged/hooks"
	"edged/hooks/lua/luatest"
)

func (a *app) newPolicyEvalCommand() *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "eval --event FILE [FOLDER...]",
		Short: "Ask policy scripts about an event, without doing anything",
		Long: `Ask the scripts of a folder, or of those in the configuration, about an event, which
stands in a file as "edged policy sample" prints it. Nothing is done, sent or kept,
and every need is granted. It ends with 10 if the scripts deny, and with 11 if they
defer. With --output json it prints a record for "edged policy replay".`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, err := a.policyDirs(cmd, args)
			if err != nil {
				return err
			}
			data, err := readInput(file, os.Stdin)
			if err != nil {
				return err
			}
			ev, err := luatest.ReadEvent(data)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			rec, err := luatest.Eval(cmd.Context(), dirs, ev)
			if err != nil {
				return err
			}
			if err := a.showRecord(rec); err != nil {
				return err
			}
			return verdictError(rec.Decision.Verdict)
		},
	}
	addSettings(cmd.Flags(), "policy.dirs")
	cmd.Flags().StringVar(&file, "event", "-", "file with the event; - for standard input")
	return cmd
}

// readInput reads a file, or standard input for a dash.
func readInput(file string, stdin io.Reader) ([]byte, error) {
	if file == "-" {
		data, err := io.ReadAll(stdin)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return data, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	return data, nil
}

// showRecord prints a decision with the answers behind it.
func (a *app) showRecord(rec hooks.Record) error {
	if a.output == asJSON {
		return a.show(rec, nil)
	}
	_, err := fmt.Fprintln(a.out, luatest.Describe(rec.Event, rec.Decision))
	return err
}

// verdictError carries the exit code that a request would have with this verdict.
func verdictError(v hooks.Verdict) error {
	switch v {
	case hooks.VerdictDeny:
		return &outcomeError{request.Denied.ExitCode()}
	case hooks.VerdictDefer:
		return &outcomeError{request.Deferred.ExitCode()}
	}
	return nil
}
