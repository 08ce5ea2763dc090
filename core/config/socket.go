package config

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// Socket is the effective api.socket alone. A program that only wants to reach
// the daemon must get there whatever else is wrong with the configuration, and
// though it may not be allowed to read a file that has a password in it.
func Socket(src Source) (string, error) {
	t := table(Keys())
	key, _ := t.key("api.socket")
	near := layer{}
	if i := slices.IndexFunc(src.Environ, func(s string) bool { return strings.HasPrefix(s, key.Env()+"=") }); i >= 0 {
		if err := near.set(key, strings.TrimPrefix(src.Environ[i], key.Env()+"="), key.Env()); err != nil {
			return "", err
		}
	}
	if text, ok := src.Flags[key.Name]; ok {
		if err := near.set(key, text, "--"+key.Flag()); err != nil {
			return "", err
		}
	}
	if e, ok := near[key.Name]; ok {
		return e.value.(string), nil
	}
	cfg, _, err := Load(src)
	if errors.Is(err, fs.ErrPermission) {
		return key.Default, nil
	}
	return cfg.API.Socket, err
}
