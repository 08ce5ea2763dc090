package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"edged/core/config"
)

// setting is the flag of a configuration key. It takes any text: the
// configuration checks it, as it does with what comes from elsewhere.
type setting struct {
	text string
	kind config.Kind
}

func (s *setting) String() string { return s.text }

func (s *setting) Set(text string) error {
	s.text = text
	return nil
}

func (s *setting) Type() string { return string(s.kind) }

// addSettings adds the flags of the named keys, or of all that flags lacks.
func addSettings(flags *pflag.FlagSet, names ...string) {
	for _, key := range config.Keys() {
		if key.Secret || !wanted(key.Name, names) {
			continue
		}
		doc := strings.ReplaceAll(key.Doc, "`", "")
		if key.Default != "" {
			doc += fmt.Sprintf(" (default %s)", key.Default)
		}
		flags.Var(&setting{kind: key.Kind}, key.Flag(), doc)
	}
}

func wanted(name string, names []string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return len(names) == 0 && name != "api.socket" // which every command has
}

// source is where the command's configuration comes from.
func (a *app) source(cmd *cobra.Command) config.Source {
	given := map[string]string{}
	for _, key := range config.Keys() {
		if f := cmd.Flags().Lookup(key.Flag()); f != nil && f.Changed {
			given[key.Name] = f.Value.String()
		}
	}
	return config.Source{File: a.file, Environ: a.environ, Flags: given}
}

// load reads the whole configuration.
func (a *app) load(cmd *cobra.Command) (config.Config, config.Origins, error) {
	cfg, origins, err := config.Load(a.source(cmd))
	if err != nil {
		return cfg, nil, &configError{err}
	}
	return cfg, origins, nil
}
