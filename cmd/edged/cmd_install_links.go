package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"edged/core/request"
)

func (a *app) newInstallLinksCommand() *cobra.Command {
	var root, prefix string
	var remove bool
	cmd := &cobra.Command{
		Use:   "install-links",
		Short: "Make edged a tedge-agent's plugin for containers",
		Long: `Make the links through which a tedge-agent calls edged as its plugin for software, logs
and services. What is there already stays; a file that is none of edged's is an error.`,
		Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			binary, err := os.Executable()
			if prefix != "" {
				binary, err = filepath.Join("/", prefix, "bin", "edged"), nil
			}
			if err != nil {
				return fmt.Errorf("find edged itself: %w", err)
			}
			done := []string{}
			var failures error
			for _, link := range pluginLinks() {
				path := filepath.Join(root, link)
				changed, err := setLink(path, binary, remove)
				failures = errors.Join(failures, err)
				if changed {
					done = append(done, path)
				}
			}
			return errors.Join(failures, a.show(done, func(w io.Writer) { fmt.Fprintln(w, strings.Join(done, "\n")) }))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&root, "root", "/", "root of the file system to make them in, such as an image that is being built")
	flags.StringVar(&prefix, "prefix", "", "where edged will be, in its bin, such as /usr (default: where it is)")
	flags.BoolVar(&remove, "remove", false, "remove them")
	return cmd
}

// pluginLinks are the links, as thin-edge.io has their folders.
func pluginLinks() (links []string) {
	for _, kind := range append(request.ModuleTypes(), selfType) {
		links = append(links, filepath.Join("/etc/tedge", softwarePlugins, kind))
	}
	for _, folder := range []string{logPlugins, servicePlugins} {
		for _, kind := range request.ModuleTypes()[:2] {
			links = append(links, filepath.Join("/usr/share/tedge", folder, kind))
		}
	}
	return links
}

// setLink makes or removes a link to edged and reports whether anything changed.
func setLink(path, binary string, remove bool) (bool, error) {
	target, err := os.Readlink(path)
	there := !errors.Is(err, fs.ErrNotExist)
	switch {
	case there && (err != nil || filepath.Base(target) != "edged" && target != binary):
		if remove {
			return false, nil // somebody else's
		}
		return false, fmt.Errorf("make link %s: something else is there", path)
	case remove && there:
		return true, os.Remove(path)
	case remove || target == binary:
		return false, nil
	}
	if there {
		err = os.Remove(path)
	} else {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	return true, errors.Join(err, os.Symlink(binary, path))
}
