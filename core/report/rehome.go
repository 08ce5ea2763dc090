package report

import "maps"

// maxGone bounds the removed services that are remembered: there may be one for each run of a job.
const maxGone = 256

// remember notes that a service was removed.
func (o *Outbox) remember(service string) {
	for other := range o.gone {
		if len(o.gone) < maxGone {
			break
		}
		delete(o.gone, other)
	}
	o.gone[service] = true
}

// rehome has what happened to a service that was removed meanwhile told under edged's own, with its name as a field, and
// leaves out what it has used: thin-edge.io makes up a registration for a service that it hears of without one.
func (o *Outbox) rehome(r Record) Record {
	switch r := r.(type) {
	case Event:
		if o.gone[r.Service] {
			fields := map[string]any{"service": r.Service}
			maps.Copy(fields, r.Fields)
			r.Service, r.Fields = "", fields
			return r
		}
	case Telemetry:
		r.Services = maps.Clone(r.Services)
		maps.DeleteFunc(r.Services, func(name string, _ Usage) bool { return o.gone[name] })
		return r
	}
	return r
}
