package engine

import (
	"strconv"
	"sync"
)

// StatsEntry is what a container used, at one moment.
type StatsEntry struct {
	Container string // as asked for
	Name      string
	ID        string
	// CPUPercentage of one CPU: two busy ones are 200.
	CPUPercentage    float64
	Memory           float64 // bytes, without the file cache that could be given back at once
	MemoryLimit      float64 // bytes; that of the machine if the container has none
	MemoryPercentage float64 // Memory of MemoryLimit
	NetworkRx        float64 // bytes since the start
	NetworkTx        float64 // bytes since the start
	BlockRead        float64 // bytes since the start
	BlockWrite       float64 // bytes since the start
	PidsCurrent      uint64
	IsInvalid        bool
}

// Stats is a [StatsEntry], or the error instead, that several goroutines may share.
type Stats struct {
	mutex sync.RWMutex
	StatsEntry
	err error
}

// NewStats makes the empty statistics of a container.
func NewStats(container string) *Stats {
	return &Stats{StatsEntry: StatsEntry{Container: container}}
}

// GetError is why the statistics are not valid, or nil.
func (cs *Stats) GetError() error {
	cs.mutex.RLock()
	defer cs.mutex.RUnlock()
	return cs.err
}

// SetErrorAndReset stores the error and drops all numbers. The container's names stay.
func (cs *Stats) SetErrorAndReset(err error) {
	cs.mutex.Lock()
	defer cs.mutex.Unlock()
	cs.StatsEntry = StatsEntry{Container: cs.Container, Name: cs.Name, ID: cs.ID, IsInvalid: true}
	cs.err = err
}

// SetError stores the error; unless it is nil, the statistics are invalid from now on.
func (cs *Stats) SetError(err error) {
	cs.mutex.Lock()
	defer cs.mutex.Unlock()
	cs.err = err
	if err != nil {
		cs.IsInvalid = true
	}
}

// SetStatistics stores the numbers; Container stays as it was.
func (cs *Stats) SetStatistics(s StatsEntry) {
	cs.mutex.Lock()
	defer cs.mutex.Unlock()
	s.Container = cs.Container
	cs.StatsEntry = s
}

// GetStatistics is a copy of the numbers.
func (cs *Stats) GetStatistics() StatsEntry {
	cs.mutex.RLock()
	defer cs.mutex.RUnlock()
	return cs.StatsEntry
}

// ContainerTelemetryMessage is a container's use of resources as thin-edge publishes it.
type ContainerTelemetryMessage struct {
	Container ContainerStats `json:"container"`
}

// ContainerStats are the numbers of a [ContainerTelemetryMessage].
type ContainerStats struct {
	Cpu    LowPrecisionFloat `json:"cpu"`    // percent of one CPU
	Memory LowPrecisionFloat `json:"memory"` // percent of the limit
	NetIO  LowPrecisionFloat `json:"netio"`  // bytes sent since the start
}

// LowPrecisionFloat is a number that JSON carries with a fixed count of digits behind the point.
type LowPrecisionFloat struct {
	Value  float64
	Digits int
}

// NewLowerPrecisionFloat64 makes a number with precision digits behind the point.
func NewLowerPrecisionFloat64(value float64, precision int) LowPrecisionFloat {
	return LowPrecisionFloat{Value: value, Digits: precision}
}

// MarshalJSON writes the number in decimal form.
func (l LowPrecisionFloat) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, l.Value, 'f', l.Digits, 64), nil
}
