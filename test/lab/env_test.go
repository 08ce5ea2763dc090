package lab

import (
	"regexp"
	"strings"
	"testing"
)

func TestEnvironmentCarriesTheLab(t *testing.T) {
	want := Env{
		Dir: "/d", DockerHost: "unix:///a", PodmanHost: "unix:///b", MQTTURL: "mqtt://c",
		Registry: "d:1", RegistryLogin: "e:2", RegistryUser: "f", RegistryPassword: "g",
	}
	for _, variable := range want.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	got := Shared(t)
	if *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
}

func TestNoLabInTheEnvironment(t *testing.T) {
	t.Setenv("EDGED_LAB_DIR", "")
	if _, ok := FromEnvironment(); ok {
		t.Error("found a lab")
	}
	t.Setenv("CI", "")
	skipped := false
	t.Run("skips", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		Shared(t)
	})
	if !skipped {
		t.Error("a test that needs the lab was not skipped")
	}
}

func TestImageNames(t *testing.T) {
	env := Env{Registry: "127.0.0.1:1", RegistryLogin: "127.0.0.1:2"}
	for got, want := range map[string]string{
		env.Image("web"):        "127.0.0.1:1/edged/web:1",
		env.Image("web:2"):      "127.0.0.1:1/edged/web:2",
		env.LoginImage("exits"): "127.0.0.1:2/edged/exits:1",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	t.Run("a = b/ü", func(t *testing.T) {
		if name := Name(t, "web"); !regexp.MustCompile(`^[a-z0-9][a-z0-9-]+$`).MatchString(name) {
			t.Errorf("%s is no name for a container", name)
		}
	})
}
