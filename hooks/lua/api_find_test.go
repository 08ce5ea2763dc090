package lua

import (
	"reflect"
	"strings"
	"testing"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
)

// filled sets everything in a value to something that is not zero.
func filled(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem())
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			*t = time.Unix(1, 0)
			return
		}
		for i := range v.NumField() {
			filled(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		filled(key)
		filled(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Bool:
		v.SetBool(true)
	}
}

// TestClassesAreWhatScriptsGet compares events in which everything is known with
// the description of their fields: what is described is there, and what is there is
// described. An event has other fields only if it is none that a device makes.
func TestClassesAreWhatScriptsGet(t *testing.T) {
	s := one(t, "")
	for _, phase := range []hooks.Phase{hooks.Before, hooks.After, hooks.On} {
		names := opNames()
		if phase == hooks.On {
			names = append(noticeNames(), "mqtt:x", string(hooks.NoticeTimer))
		}
		for _, name := range names {
			var ev hooks.Event
			filled(reflect.ValueOf(&ev).Elem())
			ev.Phase, ev.Op = phase, name
			h := s.newSession(ev, live{s}).host(s.scripts[0], false)
			class, _, _ := strings.Cut(name, ":")
			compareClass(t, phase, class, "edged.Event", eventTable(h))
		}
	}
}

func compareClass(t *testing.T, phase hooks.Phase, name, class string, table *glua.LTable) {
	t.Helper()
	c, ok := ClassOf(class)
	if !ok {
		t.Fatalf("there is no class %s", class)
	}
	known := map[string]bool{}
	for _, f := range c.Fields {
		known[f.Name] = true
		if !f.Has(phase, name) {
			continue
		}
		got := table.RawGetString(f.Name)
		if got == glua.LNil {
			t.Errorf("%s in %s %s: scripts don't get %s", class, phase, name, f.Name)
		}
		if inner, ok := got.(*glua.LTable); ok && f.Type != "edged.Patch" {
			if _, ok := ClassOf(f.Type); ok {
				compareClass(t, phase, name, f.Type, inner)
			}
		}
	}
	table.ForEach(func(k, _ glua.LValue) {
		if !known[k.String()] {
			t.Errorf("%s in %s %s: scripts are not told of %s", class, phase, name, k)
		}
	})
}

func TestFieldHas(t *testing.T) {
	for _, tt := range []struct {
		in, phase, name string
		want            bool
	}{
		{"", "before", "pull", true},
		{"after", "before", "pull", false},
		{"after", "after", "pull", true},
		{"after", "", "", true},
		{"on health, network", "on", "network", true},
		{"on health, network", "on", "exit", false},
		{"on health, network", "before", "health", false},
		{"create, update, drift", "after", "update", true},
		{"create, update, drift", "on", "drift", true},
		{"create, update, drift", "before", "pull", false},
		{"create, update, drift", "before", "", true},
		{"every, cron", "on", "timer", true},
		{"every, cron", "on", "health", false},
	} {
		if got := (Field{In: tt.in}).Has(hooks.Phase(tt.phase), tt.name); got != tt.want {
			t.Errorf("%q has %s %s: %v", tt.in, tt.phase, tt.name, got)
		}
	}
}
