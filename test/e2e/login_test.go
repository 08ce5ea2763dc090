package e2e

import (
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Wherever the login at a registry stands, it is found, used again when it was refused, and told nobody.
func TestRegistryLogins(t *testing.T) {
	everywhere(t, func(e *edged) {
		env := e.lab
		right := fmt.Sprintf(`{"auths":{"http://%s/v2/":{"auth":"%s"}}}`, env.RegistryLogin,
			base64.StdEncoding.EncodeToString([]byte(env.RegistryUser+":"+env.RegistryPassword)))
		e.settings["registry.logins_file"] = e.path("logins.json")
		e.settings["log.level"] = "debug"
		e.environ = []string{"HOME=" + e.dir, "XDG_RUNTIME_DIR=" + e.dir, "DOCKER_CONFIG=" + e.path("docker"),
			"PATH=" + e.path("bin") + ":" + os.Getenv("PATH")}
		e.start()
		image := env.LoginImage("idle:1")
		e.t.Cleanup(func() { _, _ = e.engine.Try(context.Background(), "rmi", image) })
		pulls := func(how string, code int) string {
			e.t.Helper()
			since, id := time.Now(), strings.NewReplacer(" ", "-", "'", "").Replace(how)
			out := e.cli(code, "pull", image, "--always", "--id", id)
			e.send("pull", id+"-mqtt", `{"status":"init","image":"`+image+`","options":{"always":true}}`)
			if s := e.finishes(since, "pull", id+"-mqtt"); (s.Status == "successful") != (code == 0) {
				e.t.Errorf("%s: by MQTT %+v", how, s)
			}
			return out.out
		}
		has(e.t, "without a login", pulls("without a login", 12), image, "auth")

		e.write("logins.json", right)
		pulls("the operator's file", 0)
		e.write("logins.json", "{}")
		pulls("an empty file", 12)

		e.write("docker/config.json", right)
		pulls("docker login", 0)
		e.write("docker/config.json", fmt.Sprintf(`{"credHelpers":{"%s":"test"}}`, env.RegistryLogin))
		e.write("bin/docker-credential-test", fmt.Sprintf(`#!/bin/sh
			read server; [ "$1 $server" = "get %s" ] && echo '{"Username":"%s","Secret":"%s"}'`, env.RegistryLogin, env.RegistryUser, env.RegistryPassword))
		pulls("a credential helper", 0)
		e.write("docker/config.json", "{}")

		// Its first answer is one that the registry knows no more.
		e.write("bin/registry-credentials", fmt.Sprintf(`#!/bin/sh
			echo "$@" >>%s/calls
			[ "$1 $2" = "get %s" ] || exit 1
			[ "$3" = --refresh ] && fresh=%s
			echo '{"username":"%s","password":"'${fresh:-stale-password}'"}'`, e.dir, image, env.RegistryPassword, env.RegistryUser))
		pulls("registry-credentials", 0)
		calls := e.read("calls")
		if want := strings.Repeat("get "+image+"\nget "+image+" --refresh\n", 2); calls != want {
			e.t.Errorf("registry-credentials was called with\n%s, want\n%s", calls, want)
		}
		e.write("bin/registry-credentials", "#!/bin/sh\necho stale-password; echo stale-password >&2; exit 3")
		has(e.t, "a program that fails", pulls("a program that fails", 12), "run registry-credentials: exit status 3")

		for _, view := range [][]string{{"status"}, {"policy", "log"}, {"policy", "list"}} {
			e.toldNobody(strings.Join(view, " "), e.cli(0, append(view, "--output", "json")...).out)
		}
		e.stop()
		e.toldNobody("its log", e.journal.String())
		for _, m := range e.ear.Messages() {
			e.toldNobody(m.Topic, m.Payload)
		}
		err := filepath.WalkDir(e.path("state"), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			e.toldNobody(path, string(text))
			return err
		})
		if err != nil {
			e.t.Error(err)
		}
	})
}

// The variables of thin-edge.io's container plugin, and its file.
func TestRegistryLoginsOfThePlugin(t *testing.T) {
	e := onDocker(t)
	image := e.lab.LoginImage("printenv:1")
	t.Cleanup(func() { _, _ = e.engine.Try(context.Background(), "rmi", image) })
	e.settings["registry.logins_file"] = e.path("credentials.toml")
	e.write("credentials.toml", fmt.Sprintf("[registry1]\nrepo = %q\nusername = %q\npassword = %q\n", e.lab.RegistryLogin, e.lab.RegistryUser, e.lab.RegistryPassword))
	e.start()
	e.cli(0, "pull", image, "--always")
	e.write("credentials.toml", "[registry1]\n")
	e.cli(12, "pull", image, "--always")
	e.stop()
	e.environ = append(e.environ, "CONTAINER_REGISTRY1_REPO="+e.lab.RegistryLogin,
		"CONTAINER_REGISTRY1_USERNAME="+e.lab.RegistryUser, "CONTAINER_REGISTRY1_PASSWORD="+e.lab.RegistryPassword)
	e.start()
	e.cli(0, "pull", image, "--always")
}

// toldNobody checks that what edged wrote has no secret of this file, in whatever form it is passed on.
func (e *edged) toldNobody(where, text string) {
	e.t.Helper()
	both := e.lab.RegistryUser + ":" + e.lab.RegistryPassword
	for _, secret := range []string{e.lab.RegistryPassword, "stale-password", base64.StdEncoding.EncodeToString([]byte(both)), "eyJ1c2VybmFtZSI"} {
		if strings.Contains(text, secret) {
			e.t.Errorf("%s has the secret %q:\n%s", where, secret, text)
		}
	}
}

// write makes an executable file in the daemon's folder.
func (e *edged) write(name, text string) {
	e.t.Helper()
	err := os.MkdirAll(filepath.Dir(e.path(name)), 0o755)
	if err == nil {
		err = os.WriteFile(e.path(name), []byte(text), 0o755)
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

// read is what a file in the daemon's folder says; empty if there is none.
func (e *edged) read(name string) string {
	text, _ := os.ReadFile(e.path(name))
	return string(text)
}
