package hooks

import (
	"reflect"
	"testing"
)

func TestRevisionPatched(t *testing.T) {
	now := Revision{
		Image: Image{Ref: "a:1"}, Env: map[string]string{"A": "1", "B": "2"}, Labels: map[string]string{"io.edged.update": "u1"},
		Restart: "no", Memory: 1, CPUs: 2, StopTimeout: 3,
	}
	if d := now.Differences(now.Patched(nil)); len(d) != 0 {
		t.Errorf("differs from itself in %q", d)
	}
	other := now
	other.Labels = map[string]string{"io.edged.update": "u2"}
	if d := now.Differences(other); len(d) != 0 {
		t.Errorf("differs in %q by what edged notes itself", d)
	}
	next := now.Patched(map[string]any{
		"image": "a:2", "env": map[string]any{"B": "3"}, "labels": map[string]any{"x": "y"}, "restart": "always", "memory": 5.0, "cpus": 1.5,
	})
	if next.Tag != "2" || !reflect.DeepEqual(next.Env, map[string]string{"A": "1", "B": "3"}) || next.Memory != 5 || now.Env["B"] != "2" {
		t.Errorf("became %+v", next)
	}
	if d := now.Differences(next); !reflect.DeepEqual(d, []string{"image", "env", "labels", "restart", "memory", "cpus"}) {
		t.Errorf("differs in %q", d)
	}
	other = now
	other.StopTimeout = 9
	if d := now.Differences(other); !reflect.DeepEqual(d, []string{"stop_timeout"}) {
		t.Errorf("differs in %q", d)
	}
}

func TestOverlaid(t *testing.T) {
	first := map[string]any{"env": map[string]any{"A": "1", "B": "2"}, "memory": 1.0}
	got := Overlaid(first, map[string]any{"env": map[string]any{"B": "3"}, "cpus": 2.0})
	want := map[string]any{"env": map[string]any{"A": "1", "B": "3"}, "memory": 1.0, "cpus": 2.0}
	if !reflect.DeepEqual(got, want) || first["env"].(map[string]any)["B"] != "2" {
		t.Errorf("%v and %v", got, first)
	}
}
