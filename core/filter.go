package core

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"edged/core/update"
	"edged/core/watch"
	"edged/engine"
)

// projectLabel is what compose labels its containers with.
const projectLabel = "com.docker.compose.project"

// Pick names containers. Those with one of its labels, names or types are meant.
type Pick struct {
	Labels []string // NAME or NAME=VALUE
	Names  []string // regular expressions that match the name as a whole
	Types  []string // container or container-group
}

// Filter says which containers are none of edged's business.
type Filter struct {
	include, exclude picked
}

// picked is a [Pick] made ready for use.
type picked struct {
	labels, types []string
	names         []*regexp.Regexp
}

// NewFilter excludes the containers that exclude names, and those that include does
// not name: what it has of labels, names and types, the container must have one of
// each. A bad expression is an error that names it.
func NewFilter(include, exclude Pick) (f Filter, err error) {
	if f.include, err = compile(include); err != nil {
		return Filter{}, fmt.Errorf("filter.include_names: %w", err)
	}
	if f.exclude, err = compile(exclude); err != nil {
		return Filter{}, fmt.Errorf("filter.exclude_names: %w", err)
	}
	return f, nil
}

func compile(p Pick) (picked, error) {
	out := picked{labels: p.Labels, types: p.Types}
	for _, n := range p.Names {
		re, err := regexp.Compile("^(?:" + n + ")$")
		if err != nil {
			return picked{}, err
		}
		out.names = append(out.names, re)
	}
	return out, nil
}

func (f Filter) excludes(c watch.Container) bool {
	return f.matches(c.Name, c.Detail.Container.Labels)
}

// matches looks at the name that a container has when no update is under way.
func (f Filter) matches(name string, labels map[string]string) bool {
	for _, suffix := range []string{update.SuffixNext, update.SuffixPrev, update.SuffixDeputy} {
		name = strings.TrimSuffix(name, suffix)
	}
	kind := engine.ContainerType
	if labels[projectLabel] != "" {
		kind = engine.ContainerGroupType
	}
	in, out := f.include, f.exclude
	return out.labelled(labels) || out.named(name) || slices.Contains(out.types, kind) ||
		len(in.labels) > 0 && !in.labelled(labels) ||
		len(in.names) > 0 && !in.named(name) ||
		len(in.types) > 0 && !slices.Contains(in.types, kind)
}

func (p picked) labelled(labels map[string]string) bool {
	return slices.ContainsFunc(p.labels, func(l string) bool {
		label, want, exact := strings.Cut(l, "=")
		value, ok := labels[label]
		return ok && (!exact || value == want)
	})
}

func (p picked) named(name string) bool {
	return slices.ContainsFunc(p.names, func(re *regexp.Regexp) bool { return re.MatchString(name) })
}
