package engine

import (
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
)

const (
	// sampleGap is how far two samples must lie apart. The kernel counts the machine's time in steps of 10 ms (or 4).
	sampleGap = 250 * time.Millisecond
	// sampleAge is when a sample that nobody asked for again is dropped, with it the memory of a container gone.
	sampleAge = 15 * time.Minute
)

// sample is the processor time used up to a moment.
type sample struct {
	id     string
	cpu    uint64    // nanoseconds, by the container
	system uint64    // nanoseconds, by all CPUs, idle or not; 0 if the engine does not tell
	cpus   uint64    // how many of them
	read   time.Time // by the engine's clock
	here   time.Time // by our own, which does not jump
}

// newSample takes the sample from the engine's answer, received at the time now. Podman's system time is
// what all cgroups used, without the idle time, and can't be used (https://github.com/henrygd/beszel/pull/2131).
func newSample(v *container.StatsResponse, now time.Time, podman bool) sample {
	s := sample{
		id: v.ID, cpu: v.CPUStats.CPUUsage.TotalUsage, read: v.Read, here: now,
		system: v.CPUStats.SystemUsage, cpus: uint64(v.CPUStats.OnlineCPUs),
	}
	if s.cpus == 0 {
		s.cpus = uint64(len(v.CPUStats.CPUUsage.PercpuUsage))
	}
	if podman {
		s.system = 0
	}
	return s
}

// percent is the load between two samples of one container, where one busy CPU is 100.
//
// The docker command computes used / (time of all CPUs / number of CPUs). The divisor is the time passed, and that is
// taken from the clocks where the engine does not tell the time of all CPUs.
func (s sample) percent(before sample) float64 {
	used := float64(s.cpu - before.cpu)
	if s.system > before.system && before.system > 0 && s.cpus > 0 {
		return used / float64(s.system-before.system) * float64(s.cpus) * 100
	}
	return used / float64(s.since(before)) * 100
}

// since is the time between the samples by the engine's clock, which knows best when they were taken, unless that clock
// was set in between.
func (s sample) since(before sample) time.Duration {
	passed, here := s.read.Sub(before.read), s.here.Sub(before.here)
	if passed > 0 && (passed-here).Abs() < sampleGap/2 {
		return passed
	}
	return max(here, 1)
}

// continues reports whether the counters run on from before: same container, not restarted in between.
func (s sample) continues(before sample) bool {
	return s.id == before.id && s.cpu >= before.cpu
}

// sampleCache remembers one sample per container, the load that it gave, and where the kernel counts.
type sampleCache struct {
	mutex   sync.Mutex
	entries map[string]sampleEntry
	places  map[string]place
	swept   time.Time
}

type sampleEntry struct {
	sample  sample
	percent float64
	known   bool // percent was computed
}

func newSampleCache() *sampleCache {
	return &sampleCache{entries: map[string]sampleEntry{}, places: map[string]place{}}
}

// place is where the kernel counts what the container uses; false if it was not looked for.
func (c *sampleCache) place(name string) (p place, found bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	p, found = c.places[name]
	return p, found
}

func (c *sampleCache) remember(name string, p place) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.places[name] = p
}

// cpu is the load of the container since the remembered sample; false if there is none to compare with. A sample too soon
// after the remembered one gives the load that was known then.
func (c *sampleCache) cpu(name string, s sample) (percent float64, known bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.sweep(s.here)
	e, ok := c.entries[name]
	switch {
	case !ok || !s.continues(e.sample):
		e = sampleEntry{sample: s}
	case s.here.Sub(e.sample.here) >= sampleGap:
		e = sampleEntry{sample: s, percent: s.percent(e.sample), known: true}
	}
	c.entries[name] = e
	return e.percent, e.known
}

// sinceStart is the load of the container from its start to the remembered sample; false if there is none, or no such time.
func (c *sampleCache) sinceStart(name string, started time.Time) (percent float64, known bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	e, ok := c.entries[name]
	age := e.sample.read.Sub(started)
	if !ok || started.IsZero() || age <= 0 {
		return 0, false
	}
	e.percent, e.known = e.sample.percent(sample{read: started, here: e.sample.here.Add(-age)}), true
	c.entries[name] = e
	return e.percent, true
}

// remembers reports whether there is a sample of the container.
func (c *sampleCache) remembers(name string) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	_, ok := c.entries[name]
	return ok
}

func (c *sampleCache) forget(name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.entries, name)
	delete(c.places, name)
}

// sweep drops, once in a while, what is too old.
func (c *sampleCache) sweep(now time.Time) {
	if now.Sub(c.swept) < sampleAge {
		return
	}
	c.swept = now
	for name, e := range c.entries {
		if now.Sub(e.sample.here) >= sampleAge {
			delete(c.entries, name)
			delete(c.places, name)
		}
	}
}
