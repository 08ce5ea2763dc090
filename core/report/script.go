package report

import (
	"strings"
	"sync"
	"time"
)

// Message is one that a script sends, as it is.
type Message struct {
	Topic   string
	Payload []byte
	Time    time.Time
}

// Key implements [Record].
func (Message) Key() string { return "" }

// Measurement is what a script counts or measures, in thin-edge.io's form: edged's
// own, of the type of the script's name.
type Measurement struct {
	Type  string
	Name  string
	Value float64
	Time  time.Time
}

// Key implements [Record].
func (Measurement) Key() string { return "" }

// Metrics makes measurements of what scripts count. Safe for concurrent use.
type Metrics struct {
	put func(Record)

	mu     sync.Mutex
	totals map[[2]string]float64 // by script and name
}

// NewMetrics hands measurements to put.
func NewMetrics(put func(Record)) *Metrics {
	return &Metrics{put: put, totals: map[[2]string]float64{}}
}

// maxTotals bounds how many counters are kept.
const maxTotals = 1000

// Add tells a value of a script; what is counted is told in all, since edged began.
func (m *Metrics) Add(script, name string, value float64, count bool) {
	if count {
		m.mu.Lock()
		key := [2]string{script, name}
		if _, known := m.totals[key]; known || len(m.totals) < maxTotals {
			value += m.totals[key]
			m.totals[key] = value
		}
		m.mu.Unlock()
	}
	m.put(Measurement{Type: strings.TrimSuffix(script, ".lua"), Name: name, Value: value, Time: time.Now()})
}
