package policy

import (
	"maps"
	"slices"
	"strings"

	"edged/hooks"
)

// mask is what stands in the place of a secret.
const mask = "***"

// masked is a record without the secrets in it: values whose names say that they
// are secret, in settings of containers, in what scripts change and in arguments;
// and the texts of files whose names say so. The record that it is made of stays.
func masked(r hooks.Record) hooks.Record {
	ev := &r.Event
	ev.Current, ev.Desired = maskedRevision(ev.Current), maskedRevision(ev.Desired)
	ev.Patch = maskedPatch(ev.Patch)
	if ev.Container != nil {
		c := *ev.Container
		c.Labels = maskedTexts(c.Labels)
		ev.Container = &c
	}
	if ev.Command != nil {
		c := *ev.Command
		c.Args = maskedTexts(c.Args)
		ev.Command = &c
	}
	d := &r.Decision
	d.Patch = maskedPatch(d.Patch)
	d.Actions = maskedActions(d.Actions)
	d.Answers = slices.Clone(d.Answers)
	for i, a := range d.Answers {
		d.Answers[i].Patch, d.Answers[i].Actions = maskedPatch(a.Patch), maskedActions(a.Actions)
	}
	d.Reads = maskedReads(d.Reads)
	return r
}

func maskedRevision(v *hooks.Revision) *hooks.Revision {
	if v == nil {
		return nil
	}
	c := *v
	c.Env, c.Labels = maskedTexts(c.Env), maskedTexts(c.Labels)
	return &c
}

func maskedActions(actions []hooks.Action) []hooks.Action {
	actions = slices.Clone(actions)
	for i, a := range actions {
		actions[i].Args = maskedTexts(a.Args)
	}
	return actions
}

func maskedPatch(patch map[string]any) map[string]any {
	patch = maps.Clone(patch)
	for field, v := range patch {
		table, ok := v.(map[string]any)
		if !ok {
			continue
		}
		table = maps.Clone(table)
		for key := range table {
			if secret(key) {
				table[key] = mask
			}
		}
		patch[field] = table
	}
	return patch
}

func maskedReads(r *hooks.Reads) *hooks.Reads {
	if r == nil {
		return nil
	}
	c := *r
	c.Files = slices.Clone(c.Files)
	for i, f := range c.Files {
		if f.Text != nil && secret(f.Path[strings.LastIndexByte(f.Path, '/')+1:]) {
			c.Files[i].Text = nil
		}
	}
	c.Containers = slices.Clone(c.Containers)
	for i := range c.Containers {
		c.Containers[i].Labels = maskedTexts(c.Containers[i].Labels)
	}
	return &c
}

func maskedTexts(texts map[string]string) map[string]string {
	for key := range texts {
		if secret(key) {
			texts = maps.Clone(texts)
			break
		}
	}
	for key := range texts {
		if secret(key) {
			texts[key] = mask
		}
	}
	return texts
}

// secret reports whether a name says that what it names is nobody's business.
func secret(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"passw", "passphrase", "secret", "token", "credential", "apikey", "api_key", "api-key", "private_key", "privatekey", "authorization"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return name == "key" || strings.HasSuffix(name, "_auth") || strings.HasSuffix(name, "_key") || strings.HasSuffix(name, ".key") || strings.HasSuffix(name, "_pw") || strings.HasSuffix(name, "_pwd")
}
