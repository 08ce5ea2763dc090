package core

import (
	"reflect"
	"strings"
	"time"

	"edged/core/report"
	"edged/core/update"
	"edged/core/watch"
	"edged/engine"
)

// services is what is told of the containers: a plain container is a service of
// its own name, the containers of one compose service are one. It is plain data
// that only the core loop touches.
type services struct {
	hidden  func(watch.Container) bool
	modules bool // see [Settings.ModuleNames]
	byName  map[string]*service
	of      map[string]string // container id -> service
}

// service is one service and what was last told of it.
type service struct {
	members map[string]watch.Container
	status  report.Status
	twin    engine.Container
}

func newServices(hidden func(watch.Container) bool, modules bool) *services {
	return &services{hidden: hidden, modules: modules, byName: map[string]*service{}, of: map[string]string{}}
}

// apply takes a change in and returns what is to be told of it.
func (s *services) apply(ch watch.Change, now time.Time) []report.Record {
	c := ch.Container
	name, kind := s.nameOf(c)
	if ch.Gone || s.hidden(c) || strings.HasSuffix(c.Name, update.SuffixNext) || strings.HasSuffix(c.Name, update.SuffixDeputy) {
		name = ""
	}
	var out []report.Record
	if before, ok := s.of[c.ID]; ok && before != name {
		delete(s.of, c.ID)
		delete(s.byName[before].members, c.ID)
		out = append(out, s.refresh(before, now)...)
	}
	if name == "" {
		return out
	}
	if s.byName[name] == nil {
		s.byName[name] = &service{members: map[string]watch.Container{}}
		out = append(out, report.Service{Name: name, Type: kind})
	}
	s.of[c.ID] = name
	s.byName[name].members[c.ID] = c
	return append(out, s.refresh(name, now)...)
}

// exists reports whether there is a service of that name.
func (s *services) exists(name string) bool { return s.byName[name] != nil }

// runsWell reports whether the container that stands for the service does.
func (s *services) runsWell(name string) bool { return runsWell(s.byName[name].speaker()) }

// refresh returns what of a service differs from what was told.
func (s *services) refresh(name string, now time.Time) []report.Record {
	e := s.byName[name]
	if len(e.members) == 0 {
		delete(s.byName, name)
		return []report.Record{report.Gone{Service: name}}
	}
	var out []report.Record
	c := e.speaker()
	if status := statusOf(c); status != e.status {
		e.status = status
		out = append(out, report.Health{Service: name, Status: status, Time: now})
	}
	if twin := fragment(c.Detail.Container); !reflect.DeepEqual(twin, e.twin) {
		e.twin = twin
		out = append(out, report.Twin{Service: name, Fragment: "container", Value: twin})
	}
	return out
}

// fragment is what of a container's details is told; the rest would only make
// fragments differ that read the same.
func fragment(d engine.Container) engine.Container {
	d.Name, d.ModuleName, d.NetworkIDs, d.Labels = "", "", nil, nil
	return d
}

// speaker is the member that stands for the service: one that works rather than
// one that does not, one that runs rather than one that an update has set aside.
func (e *service) speaker() watch.Container {
	var best watch.Container
	rank := -1
	for _, c := range e.members {
		r := 0
		if statusOf(c) == report.Up {
			r += 4
		}
		if c.Running() {
			r += 2
		}
		if !strings.HasSuffix(c.Name, update.SuffixPrev) {
			r++
		}
		if r > rank || r == rank && c.ID < best.ID {
			best, rank = c, r
		}
	}
	return best
}

// nameOf names the service that c belongs to. A container that an update has
// set aside still stands for its service, until its successor does.
func (s *services) nameOf(c watch.Container) (name, kind string) {
	if c.Detail.ServiceType == engine.ContainerGroupType {
		if !s.modules {
			return c.Group() + "@" + c.ComposeService(), engine.ContainerGroupType
		}
		return c.Detail.Name, engine.ContainerGroupType
	}
	return strings.TrimSuffix(c.Name, update.SuffixPrev), engine.ContainerType
}

// statusOf is thin-edge.io's word for a container's state. A container whose
// healthcheck has not answered yet is neither up nor down.
func statusOf(c watch.Container) report.Status {
	switch {
	case c.State != "running" || c.Health == "unhealthy":
		return report.Down
	case c.Health == "starting":
		return report.Unknown
	default:
		return report.Up
	}
}
