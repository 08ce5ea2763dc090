package update

import (
	"cmp"
	"strings"
	"time"

	"edged/core/request"
)

// Gate is what a new container must stand before the old one is removed.
type Gate struct {
	Healthy   time.Duration // longest time to become healthy, if it has a healthcheck
	StableFor time.Duration // else: how long it must run without an exit
}

// asked is the gate of a request: the request's own terms, and g where it has none.
func (g Gate) asked(o request.Options) Gate {
	return Gate{
		Healthy:   cmp.Or(max(time.Duration(o.HealthGate), 0), g.Healthy),
		StableFor: cmp.Or(max(time.Duration(o.StableFor), 0), g.StableFor),
	}
}

// String is the gate as [LabelGate] keeps it, such as "healthy=30s stable=5s".
func (g Gate) String() string {
	return "healthy=" + g.Healthy.String() + " stable=" + g.StableFor.String()
}

// labelled is the gate that a container was made for, so that an update that was
// interrupted is judged by its own terms; g if its labels don't tell, as those from
// before edged wrote them down.
func (g Gate) labelled(labels map[string]string) Gate {
	healthy, stable, _ := strings.Cut(labels[LabelGate], " ")
	h, err := time.ParseDuration(strings.TrimPrefix(healthy, "healthy="))
	s, err2 := time.ParseDuration(strings.TrimPrefix(stable, "stable="))
	if err != nil || err2 != nil {
		return g
	}
	return Gate{h, s}
}
