package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"edged/core/config"
)

func (a *app) newConfigCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print every setting in force and where it comes from",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, origins, err := a.load(cmd)
			if err != nil {
				return err
			}
			return a.show(origins, func(w io.Writer) { printSettings(w, origins) })
		},
	}
	addSettings(cmd.Flags())
	cmd.AddCommand(&cobra.Command{
		Use:   "import FILE",
		Short: "Print the YAML for a configuration of tedge-container-plugin",
		Args:  arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			yaml, warnings, err := config.Import(args[0])
			if err != nil {
				return &configError{err}
			}
			for _, warning := range warnings {
				fmt.Fprintln(a.errOut, warning)
			}
			fmt.Fprint(a.out, yaml)
			return nil
		},
	})
	return cmd
}

func printSettings(w io.Writer, settings config.Origins) {
	fmt.Fprintln(w, "KEY\tVALUE\tFROM")
	for _, s := range settings {
		value := fmt.Sprint(s.Value)
		if list, ok := s.Value.([]string); ok {
			value = strings.Join(list, ",")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, orDash(value), s.Origin)
	}
}

// orDash keeps the columns of a table apart where there is nothing to show.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
