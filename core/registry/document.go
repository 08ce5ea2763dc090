package registry

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"edged/core/toml"
)

// document is one place with logins, in the form of Docker's config.json, of which Podman's auth.json is a part.
type document struct {
	Auths   map[string]*login `json:"auths"`
	Helpers map[string]string `json:"credHelpers"` // of one registry
	Store   string            `json:"credsStore"`  // of all others
}

// documents are the places with logins, the strongest first. What can't be read is logged and skipped.
//
// Where docker login and podman login keep what they were told: Docker's DOCKER_CONFIG, Podman's man
// containers-auth.json. A daemon may have no HOME: root's is known.
func (l *Logins) documents() (found []document) {
	user := strconv.Itoa(os.Geteuid())
	env := map[string]string{"HOME": "/root", "XDG_RUNTIME_DIR": "/run/user/" + user}
	variables := map[string]string{}
	for _, pair := range l.Environ {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
		if rest, numbered := strings.CutPrefix(name, "CONTAINER_REGISTRY"); numbered {
			variables[strings.ToLower(strings.ReplaceAll(rest, "_", "."))] = value
		}
	}
	found = append(found, numbered(variables))
	if text := env["DOCKER_AUTH_CONFIG"]; text != "" {
		found = l.read(found, "DOCKER_AUTH_CONFIG", []byte(text))
	}
	for _, file := range []string{
		l.File,
		env["REGISTRY_AUTH_FILE"],
		env["XDG_RUNTIME_DIR"] + "/containers/auth.json",
		"/run/containers/" + user + "/auth.json",
		cmp.Or(env["XDG_CONFIG_HOME"], env["HOME"]+"/.config") + "/containers/auth.json",
		cmp.Or(env["DOCKER_CONFIG"], env["HOME"]+"/.docker") + "/config.json",
	} {
		text, err := os.ReadFile(file)
		if err == nil {
			found = l.read(found, file, text)
		} else if file != "" && !errors.Is(err, fs.ErrNotExist) {
			l.Log.Warn("a file of logins can't be read", "error", err)
		}
	}
	return found
}

// read adds what the bytes of a file say. Whoever says what is wrong with JSON repeats parts of it.
func (l *Logins) read(found []document, name string, text []byte) []document {
	var d document
	err := errors.New(name + ": it is not in the form of Docker's config.json")
	if filepath.Ext(name) == ".toml" {
		var items []toml.Item
		items, err = toml.Parse(name, text)
		values := map[string]string{}
		for _, item := range items {
			values[strings.ToLower(item.Key)] = item.Text
		}
		d = numbered(values)
	} else if json.Unmarshal(text, &d) == nil {
		err = nil
	}
	if err != nil {
		l.Log.Warn("a file of logins can't be read", "error", err)
		return found
	}
	return append(found, d)
}

// numbered are the logins of thin-edge.io's container plugin: NAME.repo, NAME.username and NAME.password for each
// (its docs/CONTAINER_REGISTRIES.md), whatever the names are.
func numbered(values map[string]string) document {
	d := document{Auths: map[string]*login{}}
	for key, host := range values {
		if name, found := strings.CutSuffix(key, ".repo"); found {
			d.Auths[host] = &login{Username: values[name+".username"], Password: values[name+".password"]}
		}
	}
	return d
}
