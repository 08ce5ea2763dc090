package core

import (
	"fmt"
	"regexp"
	"strings"

	"edged/core/update"
	"edged/core/watch"
)

// Filter says which containers are none of edged's business.
type Filter struct {
	labels []string // NAME or NAME=VALUE
	names  []*regexp.Regexp
}

// NewFilter excludes containers with one of labels (NAME or NAME=VALUE) or with a
// name that one of the regular expressions matches as a whole. A bad expression
// is an error that names it.
func NewFilter(labels, names []string) (Filter, error) {
	f := Filter{labels: labels}
	for _, n := range names {
		re, err := regexp.Compile("^(?:" + n + ")$")
		if err != nil {
			return Filter{}, fmt.Errorf("filter.exclude_names: %w", err)
		}
		f.names = append(f.names, re)
	}
	return f, nil
}

func (f Filter) excludes(c watch.Container) bool {
	return f.matches(c.Name, c.Detail.Container.Labels)
}

// matches looks at the name that a container has when no update is under way.
func (f Filter) matches(name string, labels map[string]string) bool {
	for _, suffix := range []string{update.SuffixNext, update.SuffixPrev, update.SuffixDeputy} {
		name = strings.TrimSuffix(name, suffix)
	}
	for _, l := range f.labels {
		label, want, exact := strings.Cut(l, "=")
		value, ok := labels[label]
		if ok && (!exact || value == want) {
			return true
		}
	}
	for _, re := range f.names {
		if re.MatchString(name) {
			return true
		}
	}
	return false
}
