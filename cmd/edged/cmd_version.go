package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
)

// build is what "edged version" tells.
type build struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func (a *app) newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			b := build{Version: version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
			return a.show(b, func(w io.Writer) { fmt.Fprintf(w, "edged %s (%s, %s/%s)\n", b.Version, b.Go, b.OS, b.Arch) })
		},
	}
}
