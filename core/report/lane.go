package report

// The lanes, in the order in which they are emptied.
const (
	urgent = iota // health and alarms: what somebody may have to act on
	normal        // all other states
	last          // removals of services, after the removals of all their states
	lanes
)

func laneOf(r Record) int {
	switch r.(type) {
	case Health, Alarm:
		return urgent
	case Gone:
		return last
	default:
		return normal
	}
}

// lane is a queue of states that are to be told. A state that was told or
// forgotten since it was pushed is passed over.
type lane struct {
	states []*state
}

func (l *lane) push(s *state) { l.states = append(l.states, s) }

// head returns the first state that still waits, without taking it: telling it
// ends its waiting.
func (l *lane) head() *state {
	for i, s := range l.states {
		if s.waiting {
			l.states = l.states[i:]
			return s
		}
		l.states[i] = nil
	}
	l.states = nil
	return nil
}
