// Package config reads edged's settings: defaults, then the main file, then the
// files of conf.d beside it by name, then EDGED_* variables, then flags. The
// later one wins, key by key; a list replaces a list.
//
// [Keys] is the one table of all settings. Defaults, checks, names of variables
// and flags, and docs/configuration.md come from it. A key, a variable or a
// value that the table does not know is an error that says where it stands.
package config
