package registry

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/hooks"
)

// place is a device with programs and files of its own.
type place struct {
	*Logins
	t   *testing.T
	dir string
	log bytes.Buffer
}

func newPlace(t *testing.T) *place {
	p := &place{t: t, dir: t.TempDir()}
	t.Setenv("PATH", p.dir+":"+os.Getenv("PATH"))
	p.Logins = &Logins{
		Program: "registry-credentials", File: filepath.Join(p.dir, "logins.json"),
		Environ: []string{"HOME=" + p.dir, "XDG_RUNTIME_DIR=" + p.dir},
		Log:     slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	return p
}

func (p *place) write(name, text string) {
	p.t.Helper()
	file := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		p.t.Fatal(err)
	}
}

// program writes an executable that notes how it is called.
func (p *place) program(name, body string) {
	p.t.Helper()
	p.write(name, "#!/bin/sh\necho \"$@\" >>"+p.dir+"/calls\n"+body+"\n")
}

func (p *place) calls() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "calls"))
	return string(text)
}

// wants has the login for an image be so, with no word of it in the log.
func (p *place) wants(ref string, want login) {
	p.t.Helper()
	got := p.auth(ref, false)
	if want != (login{}) {
		img, _ := hooks.ParseImage(ref)
		want.ServerAddress = img.Registry
	}
	if got != want {
		p.t.Errorf("%s: %+v, want %+v; log:\n%s", ref, got, want, p.log.String())
	}
	if strings.Contains(p.log.String(), "secret") {
		p.t.Errorf("a secret was logged:\n%s", p.log.String())
	}
}

func (p *place) auth(ref string, refresh bool) (got login) {
	p.t.Helper()
	header, err := p.Auth(p.t.Context(), ref, refresh)
	if err != nil {
		p.t.Fatal(err)
	}
	if header == "" {
		return login{}
	}
	text, err := base64.URLEncoding.DecodeString(header)
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		p.t.Fatalf("header %q: %v", header, err)
	}
	return got
}

func TestNothingIsKnown(t *testing.T) {
	p := newPlace(t)
	p.wants("registry.test/web:1", login{})
	p.wants("no reference at all", login{})
	p.Program, p.File = "", ""
	p.wants("web", login{})
	if p.log.Len() > 0 {
		t.Errorf("it is no news:\n%s", p.log.String())
	}
}

func TestOperatorsFile(t *testing.T) {
	p := newPlace(t)
	both := base64.StdEncoding.EncodeToString([]byte("u:secret:2"))
	p.write("logins.json", `{"auths":{
		"https://registry.test/v1/": {"username":"a","password":"secret"},
		"registry.test/team/app": {"auth":"`+both+`"},
		"HTTPS://Index.Docker.io/v1/": {"identitytoken":"secret3"},
		"https://token.test": {"username":"","identitytoken":"secret4"},
		"registry.test/null": null,
		"half.test": {"username":"nobody"}}}`)
	p.wants("registry.test/web:1", login{Username: "a", Password: "secret"})
	p.wants("registry.test/team/app:1", login{Username: "u", Password: "secret:2"})
	p.wants("registry.test/team/app/part@sha256:"+strings.Repeat("a", 64), login{Username: "u", Password: "secret:2"})
	p.wants("registry.test/null/web", login{Username: "a", Password: "secret"})
	p.wants("registry.test/team/other", login{Username: "a", Password: "secret"})
	p.wants("web", login{IdentityToken: "secret3"})
	p.wants("docker.io/team/web", login{IdentityToken: "secret3"})
	p.wants("token.test/web", login{IdentityToken: "secret4"})
	p.wants("half.test/web", login{})
	p.wants("registry.test:5000/web", login{})
}

func TestPeersFileAndVariables(t *testing.T) {
	p := newPlace(t)
	p.File = filepath.Join(p.dir, "credentials.toml")
	p.write("credentials.toml", "[registry1]\nrepo = \"docker.io\"\nusername = \"a\"\npassword = \"secret\"\n[other]\nrepo = 'quay.io'\nusername = 'b'\npassword = 'secret2'\n")
	p.wants("web", login{Username: "a", Password: "secret"})
	p.wants("quay.io/web", login{Username: "b", Password: "secret2"})
	p.Environ = append(p.Environ, "CONTAINER_REGISTRY7_REPO=quay.io", "CONTAINER_REGISTRY7_USERNAME=c", "CONTAINER_REGISTRY7_PASSWORD=secret3")
	p.wants("quay.io/web", login{Username: "c", Password: "secret3"})
	p.Environ = append(p.Environ, `DOCKER_AUTH_CONFIG={"auths":{"ghcr.io":{"username":"d","password":"secret4"}}}`)
	p.wants("ghcr.io/web", login{Username: "d", Password: "secret4"})
}

// What docker login and podman login leave behind, the strongest first.
func TestEnginesLogins(t *testing.T) {
	p := newPlace(t)
	for _, place := range []string{".docker/config.json", ".config/containers/auth.json", "containers/auth.json", "named.json", "logins.json"} {
		p.write(place, `{"auths":{"registry.test":{"username":"`+place+`","password":"secret"}}}`)
		if place == "named.json" {
			p.Environ = append(p.Environ, "REGISTRY_AUTH_FILE="+filepath.Join(p.dir, place))
		}
		p.wants("registry.test/web", login{Username: place, Password: "secret"})
	}
	p = newPlace(t)
	p.write("elsewhere/config.json", `{"auths":{"registry.test":{"username":"a","password":"secret"}}}`)
	p.Environ = append(p.Environ, "DOCKER_CONFIG="+filepath.Join(p.dir, "elsewhere"))
	p.wants("registry.test/web", login{Username: "a", Password: "secret"})
}

func TestCredentialHelpers(t *testing.T) {
	p := newPlace(t)
	p.write("logins.json", `{"auths":{"file.test":{"username":"a","password":"secret"},"own.test":{}},
		"credHelpers":{"own.test":"own"},"credsStore":"all"}`)
	p.program("docker-credential-own", `read server; echo '{"ServerURL":"'$server'","Username":"<token>","Secret":"secret2"}'`)
	p.program("docker-credential-all", `server=$(cat); [ "$server" = https://index.docker.io/v1/ ] || { echo credentials secret not found; exit 1; }
		echo '{"ServerURL":"x","Username":"b","Secret":"secret3"}'`)
	p.wants("own.test/web", login{IdentityToken: "secret2"})
	p.wants("web", login{Username: "b", Password: "secret3"})
	p.wants("file.test/web", login{Username: "a", Password: "secret"})
	if p.calls() != "get\nget\nget\n" {
		t.Errorf("called with %q", p.calls())
	}
	p.write("logins.json", `{"credsStore":"none"}`)
	p.wants("web", login{})
	if !strings.Contains(p.log.String(), "docker-credential-none") {
		t.Error("nothing was said of a missing helper")
	}
}

func TestRegistryCredentials(t *testing.T) {
	p := newPlace(t)
	p.write("logins.json", `{"auths":{"registry.test":{"username":"a","password":"secret"}}}`)
	p.program("registry-credentials", `case "$2" in
		registry.test/*) echo '{"username":"b","password":"secret'$3'"}' ;;
		empty.test/*) echo '{}' ;;
	esac`)
	p.wants("registry.test/web:1", login{Username: "b", Password: "secret"})
	if got := p.auth("registry.test/web:1", true); got.Password != "secret--refresh" {
		t.Errorf("refreshed to %+v", got)
	}
	p.wants("empty.test/web", login{})
	p.wants("silent.test/web", login{})
	want := "get registry.test/web:1\nget registry.test/web:1 --refresh\nget empty.test/web\nget silent.test/web\n"
	if p.calls() != want {
		t.Errorf("called with %q, want %q", p.calls(), want)
	}
	p.program("registry-credentials", "true")
	p.wants("registry.test/web:1", login{Username: "a", Password: "secret"})
}

// A program that fails is not silently passed over, and nothing of what it wrote is told.
func TestRegistryCredentialsFail(t *testing.T) {
	for body, want := range map[string]string{
		`echo secret; echo secret >&2; exit 7`: "exit status 7",
		`echo '{"username":"secret"'`:          "not a JSON object",
		`echo '{"username":4711}'`:             "not a JSON object",
		`echo '["secret"]'`:                    "not a JSON object",
		`head -c 200000 /dev/zero; true`:       "too long",
		`kill -9 $$`:                           "signal: killed",
	} {
		p := newPlace(t)
		p.program("registry-credentials", body)
		_, err := p.Auth(t.Context(), "registry.test/web", false)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "run registry-credentials") {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
		if text := strings.ReplaceAll(p.log.String()+err.Error(), p.dir, ""); strings.Contains(text, "secret") || strings.Contains(text, "4711") {
			t.Errorf("%s: a secret was told: %s", body, text)
		}
	}
}

func TestUnreadableFiles(t *testing.T) {
	for name, text := range map[string]string{
		"a.json": `{"auths":{"registry.test":{"username":"a","password":"secret"`,
		"b.json": `{"auths":{"registry.test":{"password":4711}}}`,
		"c.json": `["secret"]`,
		"c.toml": "[registry1]\nrepo = secret",
	} {
		p := newPlace(t)
		p.File = filepath.Join(p.dir, name)
		p.write(name, text)
		p.write(".docker/config.json", `{"auths":{"registry.test":{"username":"a","password":"secret"}}}`)
		p.wants("registry.test/web", login{Username: "a", Password: "secret"})
		if log := strings.ReplaceAll(p.log.String(), p.dir, ""); !strings.Contains(log, name) || strings.Contains(log, "4711") {
			t.Errorf("%s: logged\n%s", name, log)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add(`{"auths":{"https://registry.test/v1/":{"auth":"YTpi"}},"credHelpers":{"a":"b"},"credsStore":"../x"}`, "registry.test/a/b:1")
	f.Add("[a]\nrepo='registry.test'\nusername='a'\npassword='b'", "web")
	f.Fuzz(func(t *testing.T, text, ref string) {
		img, err := hooks.ParseImage(ref)
		if err != nil {
			return
		}
		l := &Logins{Log: slog.New(slog.DiscardHandler)}
		for _, name := range []string{"x.json", "x.toml"} {
			for _, d := range l.read(nil, name, []byte(text)) {
				d.Helpers, d.Store = nil, "" // which would be run
				if header := l.find(t.Context(), d, img); header != "" {
					if _, err := base64.URLEncoding.DecodeString(header); err != nil {
						t.Errorf("%q: header %q", text, header)
					}
				}
			}
		}
	})
}
