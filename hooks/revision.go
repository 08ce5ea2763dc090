package hooks

import (
	"maps"
	"strings"
)

// ownLabels begins the names of the labels that edged itself gives containers.
const ownLabels = "io.edged."

// Differences names the fields in which two revisions differ, edged's own labels aside.
func (r Revision) Differences(other Revision) []string {
	out := []string{}
	for _, f := range []struct {
		name string
		same bool
	}{
		{"image", r.Ref == other.Ref},
		{"env", maps.Equal(r.Env, other.Env)},
		{"labels", maps.Equal(foreign(r.Labels), foreign(other.Labels))},
		{"restart", r.Restart == other.Restart},
		{"memory", r.Memory == other.Memory},
		{"cpus", r.CPUs == other.CPUs},
		{"stop_timeout", r.StopTimeout == other.StopTimeout},
	} {
		if !f.same {
			out = append(out, f.name)
		}
	}
	return out
}

func foreign(labels map[string]string) map[string]string {
	out := maps.Clone(labels)
	maps.DeleteFunc(out, func(name, _ string) bool { return strings.HasPrefix(name, ownLabels) })
	return out
}

// Patched is a revision with what scripts changed of it. The time to stop that they give an update is for the container
// that is replaced.
func (r Revision) Patched(patch map[string]any) Revision {
	if ref, ok := patch["image"].(string); ok {
		if img, err := ParseImage(ref); err == nil {
			r.Image = img
		}
	}
	r.Env, r.Labels = overlaid(r.Env, patch["env"]), overlaid(r.Labels, patch["labels"])
	if text, ok := patch["restart"].(string); ok {
		r.Restart = text
	}
	if n, ok := patch["memory"].(float64); ok {
		r.Memory = int64(n)
	}
	if n, ok := patch["cpus"].(float64); ok {
		r.CPUs = n
	}
	return r
}

// overlaid are texts with those of a patch in their place.
func overlaid(texts map[string]string, patch any) map[string]string {
	table, ok := patch.(map[string]any)
	if !ok {
		return texts
	}
	out := maps.Clone(texts)
	if out == nil {
		out = map[string]string{}
	}
	for name, v := range table {
		if text, ok := v.(string); ok {
			out[name] = text
		}
	}
	return out
}

// Overlaid are two patches in one: the later counts, of tables each name by itself.
func Overlaid(patch, later map[string]any) map[string]any {
	out := maps.Clone(patch)
	if out == nil {
		out = make(map[string]any, len(later))
	}
	for field, v := range later {
		below, wasTable := out[field].(map[string]any)
		if table, isTable := v.(map[string]any); isTable && wasTable {
			v = Overlaid(below, table)
		}
		out[field] = v
	}
	return out
}
