package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
)

// statsParallel bounds the questions for statistics that the engine works on at once.
const statsParallel = 8

// errRestarted: the counters began anew between two samples.
var errRestarted = errors.New("container was restarted meanwhile")

// GetStats reads what the container uses, as the docker command shows it. See [ContainerClient.StatsAll] for how. It
// fails with [ErrConflict] if the container does not run. The API that this one follows hides errors behind zeros.
func (c *ContainerClient) GetStats(ctx context.Context, containerID string) (*ContainerTelemetryMessage, error) {
	stats := c.StatsAll(ctx, []string{containerID})[0]
	if err := stats.GetError(); err != nil {
		return nil, err
	}
	s := stats.GetStatistics()
	return &ContainerTelemetryMessage{Container: ContainerStats{
		Cpu:    NewLowerPrecisionFloat64(s.CPUPercentage, 2),
		Memory: NewLowerPrecisionFloat64(s.MemoryPercentage, 2),
		NetIO:  NewLowerPrecisionFloat64(s.NetworkTx, 0),
	}}, nil
}

// StatsAll reads what the containers use, in the order of containerIDs; each has its own error. The kernel is asked if it
// counts on this machine, and the engine otherwise.
//
// A processor's load is a difference between two moments. The engine would take its second sample a second after the first
// (the compatible API of Podman none at all); instead one sample is read and compared with the one that the client remembers
// from the call before, so that the percentage is the mean since then, computed as the docker command does. Containers
// without a remembered sample are read once more, a quarter of a second later. Of an engine that takes a second for each
// sample, as Docker 20.10 does, that would ask too much: there the first percentage is the mean since the start.
func (c *ContainerClient) StatsAll(ctx context.Context, containerIDs []string) []*Stats {
	all := make([]*Stats, len(containerIDs))
	for i, id := range containerIDs {
		all[i] = NewStats(id)
	}
	read := func(s *Stats) bool { return c.readOne(ctx, s) }
	first := unknown(all, read)
	if len(first) > 0 && pause(ctx, sampleGap) == nil {
		first = unknown(first, read)
	}
	for _, s := range first {
		s.SetErrorAndReset(wrapErr("read statistics of container", s.Container, cmp.Or(ctx.Err(), errRestarted)))
	}
	return all
}

// unknown calls read for each, in parallel, and returns those for which it was false.
func unknown(all []*Stats, read func(*Stats) bool) (rest []*Stats) {
	var wg sync.WaitGroup
	var mutex sync.Mutex
	places := make(chan struct{}, statsParallel)
	for _, s := range all {
		places <- struct{}{}
		var leave sync.Once
		free := func() { leave.Do(func() { <-places }) }
		wg.Go(func() {
			waits := time.AfterFunc(statsStagger, free)
			defer func() {
				waits.Stop()
				free()
			}()
			if !read(s) {
				mutex.Lock()
				rest = append(rest, s)
				mutex.Unlock()
			}
		})
	}
	wg.Wait()
	return rest
}

// readOne reads one sample, or stores why it could not. It is false if the load could not be computed yet.
func (c *ContainerClient) readOne(ctx context.Context, s *Stats) (known bool) {
	var v container.StatsResponse
	var started time.Time
	var err error
	if !c.fromKernel(ctx, s.Container, &v) {
		started, err = c.fromEngine(ctx, s.Container, &v)
	}
	if err != nil {
		c.stats.forget(s.Container)
		s.SetErrorAndReset(err)
		return true
	}
	entry := statsEntry(&v)
	entry.CPUPercentage, known = c.stats.cpu(s.Container, newSample(&v, time.Now(), c.IsPodman()))
	if !known {
		entry.CPUPercentage, known = c.stats.sinceStart(s.Container, started)
	}
	s.SetStatistics(entry)
	return known
}

// fromEngine asks the engine, and finds out the container's start besides if it makes us wait.
func (c *ContainerClient) fromEngine(ctx context.Context, nameOrID string, v *container.StatsResponse) (started time.Time, err error) {
	startIfSlow := c.startIfSlow(ctx, nameOrID)
	err = c.call(ctx, "read statistics of container", nameOrID, func(ctx context.Context) error {
		query := url.Values{"stream": {"false"}, "one-shot": {"true"}}
		err := c.getJSON(ctx, "/containers/"+url.PathEscape(nameOrID)+"/stats", query, v)
		// For a container that does not run, Docker answers with zeros and Podman with nothing.
		if errors.Is(err, io.EOF) || err == nil && v.Read.IsZero() {
			return fmt.Errorf("%w: container is not running", ErrConflict)
		}
		return err
	})
	if err == nil && v.ID == "" {
		err = c.nameStats(ctx, v, nameOrID)
	}
	return startIfSlow(), err
}

// startIfSlow begins to find out the container's start if the engine takes longer than statsSlow for the statistics, in the
// time that is to be waited anyway. The function that it returns ends that, and is the start, or zero if it is not needed.
func (c *ContainerClient) startIfSlow(ctx context.Context, name string) func() time.Time {
	if c.stats.remembers(name) {
		return func() time.Time { return time.Time{} }
	}
	found := make(chan time.Time, 1)
	slow := time.AfterFunc(statsSlow, func() {
		state, _ := c.State(ctx, name) // without it, a second sample has to do
		found <- state.StartedAt
	})
	return func() time.Time {
		if slow.Stop() {
			return time.Time{}
		}
		return <-found
	}
}

// statsEntry takes from the engine's answer all but the CPU's load.
func statsEntry(v *container.StatsResponse) StatsEntry {
	e := StatsEntry{
		Name: FormatContainerName(v.Name), ID: v.ID, PidsCurrent: v.PidsStats.Current,
		Memory: usedMemory(&v.MemoryStats), MemoryLimit: float64(v.MemoryStats.Limit),
	}
	if e.MemoryLimit > 0 {
		e.MemoryPercentage = e.Memory / e.MemoryLimit * 100
	}
	for _, n := range v.Networks {
		e.NetworkRx += float64(n.RxBytes)
		e.NetworkTx += float64(n.TxBytes)
	}
	for _, b := range v.BlkioStats.IoServiceBytesRecursive {
		// "Read" and "Write" with cgroup v1, "read" and "write" with v2.
		switch b.Op {
		case "Read", "read":
			e.BlockRead += float64(b.Value)
		case "Write", "write":
			e.BlockWrite += float64(b.Value)
		}
	}
	return e
}

// usedMemory leaves out the file cache that was not used lately, as the docker command does: total_inactive_file with
// cgroup v1, inactive_file with v2. See https://docs.docker.com/reference/cli/docker/container/stats/.
func usedMemory(m *container.MemoryStats) float64 {
	cache, v1 := m.Stats["total_inactive_file"]
	if !v1 {
		cache = m.Stats["inactive_file"]
	}
	if cache < m.Usage {
		return float64(m.Usage - cache)
	}
	return float64(m.Usage)
}
