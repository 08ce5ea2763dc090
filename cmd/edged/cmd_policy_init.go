package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"edged/hooks/lua/apidoc"
)

func (a *app) newPolicyInitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init FOLDER",
		Short: "Begin a folder of policy scripts: a script, its test, and files for editors",
		Args:  arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			written, err := apidoc.Init(args[0])
			if err != nil {
				return err
			}
			if a.output == asJSON {
				return a.show(written, nil)
			}
			for _, path := range written {
				fmt.Fprintln(a.out, path)
			}
			fmt.Fprintf(a.out, "next: edged policy test %s\n", args[0])
			return nil
		},
	}
}
