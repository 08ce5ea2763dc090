package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"edged/hooks/lua/check"
	"edged/hooks/lua/luatest"
)

func (a *app) newPolicyCheckCommand() *cobra.Command {
	strict := false
	cmd := &cobra.Command{
		Use:   "check [FILE|FOLDER...]",
		Short: "Look for mistakes in policy scripts, without running their hooks",
		Long: `Look for mistakes in policy scripts and their tests: what keeps them from being
loaded, what would fail in a hook, and what rests on something that other Luas do
otherwise. Without an argument, the folders of the configuration are checked.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := a.toCheck(cmd, args)
			if err != nil {
				return err
			}
			found, err := check.Run(opts)
			if err != nil {
				return err
			}
			if err := a.showFindings(found); err != nil {
				return err
			}
			if worst := check.Worst(found); worst == check.Error || strict && worst == check.Warning {
				return &outcomeError{exitFailure}
			}
			return nil
		},
	}
	addSettings(cmd.Flags(), "policy.dirs")
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings fail, too")
	return cmd
}

// toCheck tells files from folders. A file is checked within its folder, since
// libraries and tests stand beside it.
func (a *app) toCheck(cmd *cobra.Command, args []string) (check.Options, error) {
	opts := check.Options{Tests: luatest.API()}
	whole := len(args) == 0
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return opts, fmt.Errorf("check: %w", err)
		}
		if info.IsDir() {
			opts.Dirs, whole = append(opts.Dirs, arg), true
			continue
		}
		if dir := folderOf(arg); !slices.Contains(opts.Dirs, dir) {
			opts.Dirs = append(opts.Dirs, dir)
		}
		opts.Files = append(opts.Files, arg)
	}
	if whole {
		opts.Files = nil
	}
	var err error
	if len(args) == 0 {
		opts.Dirs, err = a.policyDirs(cmd, nil)
	}
	return opts, err
}

// folderOf is the policy folder of a file, which may be in its lib/ or test/.
func folderOf(file string) string {
	dir := filepath.Dir(file)
	if base := filepath.Base(dir); base == "lib" || base == "test" {
		return filepath.Dir(dir)
	}
	return dir
}

func (a *app) showFindings(found []check.Diagnostic) error {
	if a.output == asJSON {
		return a.show(append([]check.Diagnostic{}, found...), nil)
	}
	for _, d := range found {
		fmt.Fprintln(a.out, d)
	}
	if len(found) == 0 {
		_, err := io.WriteString(a.out, "nothing found\n")
		return err
	}
	return nil
}
