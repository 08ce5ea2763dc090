package core

import (
	"context"
	"runtime"
	"time"

	"edged/core/report"
	"edged/engine"
)

// measure tells what containers use, and edged itself, at each interval until ctx ends.
func (d *Daemon) measure(ctx context.Context) {
	if d.settings.Telemetry <= 0 {
		return
	}
	machine, self := newMachine(), &usageOfSelf{}
	tick := time.NewTicker(d.settings.Telemetry)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		began := time.Now()
		round := d.round(ctx, machine)
		if used, ok := self.read(machine); ok {
			round.Services[""] = used
		}
		if ctx.Err() != nil {
			return
		}
		d.sink.Put(round)
		d.log.Debug("telemetry", "services", len(round.Services), "took", time.Since(began))
	}
}

// round reads what the running containers use. Those of one service are added up;
// one that can't be read, perhaps because it has just ended, is left out.
func (d *Daemon) round(ctx context.Context, m machine) report.Telemetry {
	ids, services := d.measured()
	t := report.Telemetry{Time: time.Now(), Services: map[string]report.Usage{}}
	for i, s := range d.engine.StatsAll(ctx, ids) {
		if s.GetError() != nil {
			continue
		}
		e, u := s.GetStatistics(), t.Services[services[i]]
		u.CPU += e.CPUPercentage / m.cpus
		u.Memory += e.Memory / m.memory * 100
		u.NetIO += e.NetworkRx + e.NetworkTx
		t.Services[services[i]] = u
	}
	return t
}

// measured are the containers to measure, by id, and the services that they belong to.
func (d *Daemon) measured() (ids, services []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, c := range d.observed {
		if c.State != "running" || d.settings.Filter.excludes(c) || setAside(c.Name) {
			continue
		}
		name, _ := d.services.nameOf(c)
		ids, services = append(ids, id), append(services, name)
	}
	return ids, services
}

// machine is what percentages are percentages of.
type machine struct {
	cpus   float64
	memory float64 // bytes
}

func newMachine() machine {
	return machine{cpus: float64(runtime.NumCPU()), memory: max(1, float64(engine.TotalMemory()))}
}
