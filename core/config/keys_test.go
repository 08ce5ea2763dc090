package config

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// fields lists the dotted names of a settings struct with their types.
func fields(prefix string, typ reflect.Type, into map[string]reflect.Type) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		name := prefix + f.Tag.Get("koanf")
		if f.Type.Kind() == reflect.Struct {
			fields(name+".", f.Type, into)
			continue
		}
		into[name] = f.Type
	}
}

func TestTableAndStructAgree(t *testing.T) {
	types := map[Kind]reflect.Type{
		Text: reflect.TypeFor[string](), Number: reflect.TypeFor[int](),
		Duration: reflect.TypeFor[time.Duration](), List: reflect.TypeFor[[]string](),
	}
	found := map[string]reflect.Type{}
	fields("", reflect.TypeFor[Config](), found)
	for _, k := range Keys() {
		want := types[k.Kind]
		if slices.Equal(k.Choices, yesNo) {
			want = reflect.TypeFor[bool]()
		}
		if found[k.Name] != want {
			t.Errorf("%s is %s in the table and %v in the struct", k.Name, k.Kind, found[k.Name])
		}
		delete(found, k.Name)
	}
	for name := range found {
		t.Errorf("%s is in the struct only", name)
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]string{FileVariable: "the main file"}
	for _, k := range Keys() {
		for _, name := range []string{k.Env(), "--" + k.Flag()} {
			if other := seen[name]; other != "" && name != "--" {
				t.Errorf("%s stands for %s and %s", name, other, k.Name)
			}
			seen[name] = k.Name
		}
		if k.Doc == "" {
			t.Errorf("%s has no text for people", k.Name)
		}
	}
}

func TestNamesOfVariables(t *testing.T) {
	want := map[string]string{
		"engine.host": "EDGED_ENGINE_HOST", "state_dir": "EDGED_STATE_DIR", "mqtt.url": "EDGED_MQTT_URL",
		"policy.dirs": "EDGED_POLICY_DIRS", "api.socket": "EDGED_API_SOCKET",
	}
	for _, k := range Keys() {
		if w := want[k.Name]; w != "" && k.Env() != w {
			t.Errorf("%s is %s, want %s", k.Name, k.Env(), w)
		}
		delete(want, k.Name)
	}
	if len(want) > 0 {
		t.Errorf("the table lacks %v", want)
	}
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Minute: "1m", time.Hour: "1h", 90 * time.Second: "1m30s", 250 * time.Millisecond: "250ms",
		time.Hour + time.Second: "1h0m1s", 10 * time.Minute: "10m", 20 * time.Hour: "20h",
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("shortDuration(%s) = %s, want %s", d, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"mqtt.url", "mqtt.user", "pull.attempts", "update.parallel", "log.level"}
	for name, want := range map[string]string{
		"mqtt.ulr": "mqtt.url", "attempts": "pull.attempts", "logs.level": "log.level", "broker": "", "x": "",
	} {
		if got := nearest(name, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
