package engine

import (
	"encoding/json"
	"math"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-units"

	"edged/test/lab"
)

// TestStatsAsDockerCommand compares with the docker command on a busy container: the load by the command's formula on the
// same two samples, and the memory by what the command prints.
func TestStatsAsDockerCommand(t *testing.T) {
	e, env := dockerOf(t), lab.Shared(t)
	if env.Rootless {
		t.Skip("cgroups of version 1 are root's")
	}
	c, name := testClient(t, e), lab.Name(t, "busy")
	id := startMeasured(t, c, CreateSpec{Name: name, Image: env.Image("idle:1"), Command: []string{"sh", "-c", "while :; do :; done"}})
	sample := func() (v container.StatsResponse) {
		t.Helper()
		if err := c.getJSON(t.Context(), "/containers/"+id+"/stats", url.Values{"stream": {"false"}, "one-shot": {"true"}}, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := sample()
	<-time.After(time.Second)
	second := sample()
	now := time.Now()
	got := newSample(&second, now, false).percent(newSample(&first, now.Add(-time.Second), false))
	if want := commandPercent(&first, &second); math.Abs(got-want) > 0.001 || got <= 0 {
		t.Errorf("load %f %%, by the command's formula %f %%", got, want)
	}
	printed := commandMemory(t, e.Host, id)
	if got := c.StatsAll(t.Context(), []string{id})[0].GetStatistics(); math.Abs(got.Memory-printed) > 0.2*printed+128<<10 || got.MemoryLimit != 64<<20 {
		t.Errorf("memory %f of %f, the command prints %f", got.Memory, got.MemoryLimit, printed)
	}
}

// startMeasured starts a container with 64 MiB, which is removed after the test.
func startMeasured(t *testing.T, c *ContainerClient, spec CreateSpec) (id string) {
	t.Helper()
	spec.Memory = 64 << 20
	id, err := c.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.discard(t.Context(), id); err != nil {
			t.Error(err)
		}
	})
	if err := c.StartContainer(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return id
}

// commandPercent is the formula of calculateCPUPercentUnix in the docker command's cli/command/container/stats_helpers.go,
// where a busy CPU is 100.
func commandPercent(before, now *container.StatsResponse) float64 {
	used := float64(now.CPUStats.CPUUsage.TotalUsage) - float64(before.CPUStats.CPUUsage.TotalUsage)
	system := float64(now.CPUStats.SystemUsage) - float64(before.CPUStats.SystemUsage)
	cpus := float64(now.CPUStats.OnlineCPUs)
	if cpus == 0 {
		cpus = float64(len(now.CPUStats.CPUUsage.PercpuUsage))
	}
	return used / system * cpus * 100
}

// commandMemory is the memory in bytes that docker stats prints, as in "500KiB / 64MiB".
func commandMemory(t *testing.T, host, id string) float64 {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", "--host", host, "stats", "--no-stream", "--format", "{{json .}}", id).Output()
	if err != nil {
		t.Fatal(err)
	}
	var line struct{ MemUsage string }
	if err := json.Unmarshal(out, &line); err != nil {
		t.Fatal(err)
	}
	used, _, _ := strings.Cut(line.MemUsage, " / ")
	bytes, err := units.RAMInBytes(used)
	if err != nil {
		t.Fatal(err)
	}
	return float64(bytes)
}
