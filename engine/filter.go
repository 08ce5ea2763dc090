package engine

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/filters"
)

// FilterOptions choose containers of a list. Values of one field are alternatives, except Labels, which must all be
// there; the fields must all agree.
type FilterOptions struct {
	// Names are regular expressions that match the whole container name.
	Names []string
	// Labels are "name" or "name=value".
	Labels []string
	// IDs or their beginnings.
	IDs []string

	// Client side filters

	// Types are service types, [ContainerType] or [ContainerGroupType].
	Types []string
	// ExcludeNames are regular expressions that match anywhere in the container's name or its service name.
	ExcludeNames []string
	// ExcludeWithLabel are names of labels.
	ExcludeWithLabel []string

	// WithSize asks the engine for sizes too. It walks each container's file system for them, which costs disk I/O.
	WithSize bool
}

// IsEmpty reports whether the engine will be asked for all containers.
func (fo FilterOptions) IsEmpty() bool {
	return len(fo.Names) == 0 && len(fo.Labels) == 0 && len(fo.IDs) == 0
}

// filter is FilterOptions made ready for use.
type filter struct {
	FilterOptions
	names, excludeNames []*regexp.Regexp
}

// compile checks the patterns: an invalid one is an error, since a filter that silently matches everything is worse.
func (fo FilterOptions) compile() (*filter, error) {
	f := &filter{FilterOptions: fo}
	for _, pattern := range fo.Names {
		re, err := regexp.Compile(anchored(pattern))
		if err != nil {
			return nil, fmt.Errorf("compile name pattern: %w", err)
		}
		f.names = append(f.names, re)
	}
	for _, pattern := range fo.ExcludeNames {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("compile exclude pattern: %w", err)
		}
		f.excludeNames = append(f.excludeNames, re)
	}
	return f, nil
}

// anchored makes pattern match a whole name. Docker matches names with their leading slash too.
func anchored(pattern string) string { return "^/?(?:" + pattern + ")$" }

// args is what the engine filters by itself. Its own notions of a match differ between engines and versions, so match
// looks at the answer again.
func (f *filter) args() filters.Args {
	args := filters.NewArgs()
	for _, pattern := range f.Names {
		args.Add("name", anchored(pattern))
	}
	for _, id := range f.IDs {
		args.Add("id", id)
	}
	for _, label := range f.Labels {
		args.Add("label", label)
	}
	return args
}

// match reports whether the container is wanted.
func (f *filter) match(t *TedgeContainer) bool {
	return f.matchName(t.Container.Name) && f.matchID(t.Container.Id) &&
		(len(f.Types) == 0 || slices.Contains(f.Types, t.ServiceType)) && !f.excluded(t)
}

func (f *filter) matchName(name string) bool {
	return len(f.names) == 0 || slices.ContainsFunc(f.names, func(re *regexp.Regexp) bool { return re.MatchString(name) })
}

func (f *filter) matchID(id string) bool {
	return len(f.IDs) == 0 || slices.ContainsFunc(f.IDs, func(prefix string) bool { return strings.HasPrefix(id, prefix) })
}

func (f *filter) excluded(t *TedgeContainer) bool {
	for _, re := range f.excludeNames {
		if re.MatchString(t.Container.Name) || re.MatchString(t.Name) {
			return true
		}
	}
	return slices.ContainsFunc(f.ExcludeWithLabel, func(label string) bool {
		_, ok := t.Container.Labels[label]
		return ok
	})
}
