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

// statsParallel bounds the questions for statistics under way at once: enough that one slow container does not hold up
// the others, few enough for a small engine.
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

// StatsAll reads what the containers use, in the order of containerIDs; each has its own error.
//
// A processor's load is a difference between two moments. The engine would take its second sample after one second (the
// compatible API of Podman after none); instead one sample is read without waiting and compared with the one that the
// client remembers from the call before, so that the percentage is the mean since then. Containers without a remembered
// sample are read once more, a quarter of a second later.
func (c *ContainerClient) StatsAll(ctx context.Context, containerIDs []string) []*Stats {
	all := make([]*Stats, len(containerIDs))
	for i, id := range containerIDs {
		all[i] = NewStats(id)
	}
	again := c.readStats(ctx, all)
	if len(again) > 0 && pause(ctx, sampleGap) == nil {
		again = c.readStats(ctx, again)
	}
	for _, s := range again {
		s.SetErrorAndReset(wrapErr("read statistics of container", s.Container, cmp.Or(ctx.Err(), errRestarted)))
	}
	return all
}

// readStats reads one sample for each, in parallel, and returns those that have no earlier one to be compared with.
func (c *ContainerClient) readStats(ctx context.Context, all []*Stats) (first []*Stats) {
	var wg sync.WaitGroup
	var mutex sync.Mutex
	places := make(chan struct{}, statsParallel)
	for _, s := range all {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			compared, err := c.readOne(ctx, s)
			if err != nil {
				s.SetErrorAndReset(err)
			} else if !compared {
				mutex.Lock()
				first = append(first, s)
				mutex.Unlock()
			}
		})
	}
	wg.Wait()
	return first
}

// readOne reads one sample; false if the load could not be computed yet.
func (c *ContainerClient) readOne(ctx context.Context, s *Stats) (compared bool, err error) {
	var v container.StatsResponse
	err = c.call(ctx, "read statistics of container", s.Container, func(ctx context.Context) error {
		query := url.Values{"stream": {"false"}, "one-shot": {"true"}}
		err := c.getJSON(ctx, "/containers/"+url.PathEscape(s.Container)+"/stats", query, &v)
		// For a container that does not run, Docker answers with zeros and Podman with nothing.
		if errors.Is(err, io.EOF) || err == nil && v.Read.IsZero() {
			return fmt.Errorf("%w: container is not running", ErrConflict)
		}
		return err
	})
	if err != nil {
		c.stats.forget(s.Container)
		return false, err
	}
	entry := statsEntry(&v)
	entry.CPUPercentage, compared = c.stats.cpu(s.Container, newSample(&v, time.Now(), c.IsPodman()))
	s.SetStatistics(entry)
	return compared, nil
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
