package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
)

// statsText is a one-shot answer: cpu and system in nanoseconds, read as the time.
func statsText(id string, cpu, system uint64, read time.Time) string {
	return fmt.Sprintf(`{"read":%q,"id":%q,"name":"/n-%s","pids_stats":{"current":3},`+
		`"cpu_stats":{"cpu_usage":{"total_usage":%d},"system_cpu_usage":%d,"online_cpus":2},"precpu_stats":{},`+
		`"memory_stats":{"usage":3000,"limit":10000,"stats":{"inactive_file":1000}},`+
		`"blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":5},{"op":"read","value":6},{"op":"Write","value":7},{"op":"Sync","value":9}]},`+
		`"networks":{"eth0":{"rx_bytes":1,"tx_bytes":20},"eth1":{"rx_bytes":2,"tx_bytes":30}}}`,
		read.Format(time.RFC3339Nano), id, id, cpu, system)
}

func TestStatsEntry(t *testing.T) {
	var v container.StatsResponse
	if err := json.Unmarshal([]byte(statsText("c1", 1, 2, time.Now())), &v); err != nil {
		t.Fatal(err)
	}
	want := StatsEntry{
		Name: "n-c1", ID: "c1", Memory: 2000, MemoryLimit: 10000, MemoryPercentage: 20, PidsCurrent: 3,
		NetworkRx: 3, NetworkTx: 50, BlockRead: 11, BlockWrite: 7,
	}
	if got := statsEntry(&v); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestUsedMemory(t *testing.T) {
	tests := []struct {
		name  string
		stats map[string]uint64
		want  float64
	}{
		{"cgroup v1", map[string]uint64{"total_inactive_file": 400, "inactive_file": 1}, 600},
		{"cgroup v2", map[string]uint64{"inactive_file": 300}, 700},
		{"Podman 4 tells no parts", nil, 1000},
		{"cache counted later than the whole", map[string]uint64{"inactive_file": 2000}, 1000},
	}
	for _, test := range tests {
		if got := usedMemory(&container.MemoryStats{Usage: 1000, Stats: test.stats}); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestPercent(t *testing.T) {
	begin := time.Now()
	second := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	before := sample{id: "c", cpu: 1e9, system: 10e9, cpus: 2, read: begin, here: begin}
	tests := []struct {
		name string
		now  sample
		want float64
	}{
		{"Docker: half of one of two CPUs", sample{cpu: 1.5e9, system: 12e9, cpus: 2, read: second(9), here: second(1)}, 50},
		{"Docker: both CPUs", sample{cpu: 3e9, system: 12e9, cpus: 2, read: second(1), here: second(1)}, 200},
		{"no system time: the engine's clock", sample{cpu: 1.5e9, read: second(1), here: second(1.1)}, 50},
		{"the engine's clock was set", sample{cpu: 1.5e9, read: second(1e9), here: second(1)}, 50},
		{"the engine's clock was set back", sample{cpu: 1.5e9, read: second(-5), here: second(1)}, 50},
		{"nothing used", sample{cpu: 1e9, system: 12e9, cpus: 2, read: second(1), here: second(1)}, 0},
	}
	for _, test := range tests {
		if got := test.now.percent(before); math.Abs(got-test.want) > 0.01 {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestNewSample(t *testing.T) {
	var v container.StatsResponse
	v.CPUStats.CPUUsage.PercpuUsage = make([]uint64, 4)
	v.CPUStats.SystemUsage = 7
	if s := newSample(&v, time.Now(), false); s.cpus != 4 || s.system != 7 {
		t.Errorf("old Docker: %+v", s)
	}
	if s := newSample(&v, time.Now(), true); s.system != 0 {
		t.Errorf("Podman: %+v", s)
	}
}

func TestSampleCache(t *testing.T) {
	c := newSampleCache()
	begin := time.Now()
	ask := func(id string, after time.Duration, cpu uint64, want float64, known bool) {
		t.Helper()
		at := begin.Add(after)
		got, ok := c.cpu("web", sample{id: id, cpu: cpu, read: at, here: at})
		if math.Abs(got-want) > 0.01 || ok != known {
			t.Errorf("after %s: %v, %t, want %v, %t", after, got, ok, want, known)
		}
	}
	ask("a", 0, 0, 0, false)
	ask("a", sampleGap/2, 1e9, 0, false)
	ask("a", time.Second, 0.5e9, 50, true)
	ask("a", time.Second+sampleGap/2, 0.6e9, 50, true)
	ask("a", 2*time.Second, 1.5e9, 100, true)
	ask("a", 3*time.Second, 0.1e9, 0, false) // restarted
	ask("b", 4*time.Second, 0.2e9, 0, false) // another container of the name
	ask("b", 5*time.Second, 0.4e9, 20, true)
	if got, ok := c.sinceStart("web", begin.Add(time.Second)); math.Abs(got-10) > 0.01 || !ok {
		t.Errorf("since the start %v, %t", got, ok)
	}
	for name, started := range map[string]time.Time{"none": begin, "web": {}} {
		if got, ok := c.sinceStart(name, started); ok {
			t.Errorf("since no start %v", got)
		}
	}
	c.cpu("other", sample{id: "o", here: begin.Add(5*time.Second + sampleAge)})
	c.cpu("other", sample{id: "o", here: begin.Add(5*time.Second + 2*sampleAge)})
	if len(c.entries) != 1 {
		t.Errorf("remembers %d containers", len(c.entries))
	}
	c.forget("other")
	if len(c.entries) != 0 {
		t.Error("did not forget")
	}
}

// busyEngine serves statistics of containers that each keep half a CPU busy, and takes latency for each answer.
func busyEngine(t testing.TB, latency time.Duration) (f *fake, asked *atomic.Int32) {
	t.Helper()
	f = newFake(t)
	begin := time.Now()
	asked = new(atomic.Int32)
	f.HandleFunc("/containers/{id}/stats", func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("stream") != "false" || q.Get("one-shot") != "true" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		asked.Add(1)
		select {
		case <-time.After(latency):
		case <-r.Context().Done():
		}
		passed := uint64(time.Since(begin))
		io.WriteString(w, statsText(r.PathValue("id"), passed/2, 2*passed, time.Now()))
	})
	return f, asked
}

func TestStatsAll(t *testing.T) {
	f, asked := busyEngine(t, 5*time.Millisecond)
	f.answer("/containers/stopped/stats", `{"read":"0001-01-01T00:00:00Z"}`)
	f.answer("/containers/stopped-podman/stats", ``)
	f.refuse("/containers/gone/stats", 404, "no such container")
	f.answer("/containers/broken/stats", `{"read":`)
	c := f.client(t)
	wrong := map[string]error{"stopped": ErrConflict, "stopped-podman": ErrConflict, "gone": ErrNotFound, "broken": io.ErrUnexpectedEOF}
	ids := []string{"stopped", "gone", "stopped-podman", "broken"}
	for i := range 40 {
		ids = append(ids, fmt.Sprint("c", i))
	}
	for _, round := range []int32{80, 120} { // the first time two samples, then one
		for i, s := range c.StatsAll(t.Context(), ids) {
			e := s.GetStatistics()
			if want := wrong[ids[i]]; !errors.Is(s.GetError(), want) || e.Container != ids[i] || e.IsInvalid != (want != nil) {
				t.Errorf("%s: %+v, %v, want %v", ids[i], e, s.GetError(), want)
			}
			if i >= len(wrong) && math.Abs(e.CPUPercentage-50) > 1 {
				t.Errorf("%s: CPU %v", ids[i], e.CPUPercentage)
			}
		}
		if asked.Load() != round {
			t.Errorf("asked %d times, want %d", asked.Load(), round)
		}
	}
}

// TestStatsOfSlowEngine has an engine that answers all questions at once when a second has passed.
func TestStatsOfSlowEngine(t *testing.T) {
	f, asked := busyEngine(t, time.Second)
	var ids []string
	started := time.Now()
	for i := range 50 {
		ids = append(ids, fmt.Sprint("c", i))
		f.answer("/containers/"+ids[i]+"/json", fmt.Sprintf(`{"State":{"StartedAt":%q}}`, started.Format(time.RFC3339Nano)))
	}
	begin := time.Now()
	for i, s := range f.client(t).StatsAll(t.Context(), ids) {
		if cpu := s.GetStatistics().CPUPercentage; s.GetError() != nil || math.Abs(cpu-50) > 20 { // it began a moment before the start
			t.Errorf("%s: CPU %v, %v", ids[i], cpu, s.GetError())
		}
	}
	if passed := time.Since(begin); asked.Load() != 50 || passed > 3*time.Second { // eight at a time would take 7
		t.Errorf("asked %d times, took %s", asked.Load(), passed)
	}
}

func TestGetStats(t *testing.T) {
	f, _ := busyEngine(t, 0)
	message, err := f.client(t).GetStats(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	message.Container.Cpu.Value = math.Round(message.Container.Cpu.Value)
	text, err := json.Marshal(message)
	if want := `{"container":{"cpu":50.00,"memory":20.00,"netio":50}}`; string(text) != want || err != nil {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}

func TestStatsEndWithContext(t *testing.T) {
	f, _ := busyEngine(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.client(t).GetStats(ctx, "c1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestStatsIsShared(t *testing.T) {
	s := NewStats("c")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s.SetStatistics(StatsEntry{Container: "x", Name: "n", ID: "i", Memory: 1})
			s.SetError(nil)
			_ = s.GetError()
		})
	}
	wg.Wait()
	if got := s.GetStatistics(); got != (StatsEntry{Container: "c", Name: "n", ID: "i", Memory: 1}) {
		t.Errorf("got %+v", got)
	}
	s.SetError(io.EOF)
	if got := s.GetStatistics(); !got.IsInvalid || got.Memory != 1 || !errors.Is(s.GetError(), io.EOF) {
		t.Errorf("after SetError %+v, %v", got, s.GetError())
	}
	s.SetErrorAndReset(io.EOF)
	if got := s.GetStatistics(); got != (StatsEntry{Container: "c", Name: "n", ID: "i", IsInvalid: true}) {
		t.Errorf("after SetErrorAndReset %+v", got)
	}
}

func FuzzStats(f *testing.F) {
	f.Add([]byte(statsText("c", 1, 2, time.Unix(1, 0))), []byte(statsText("c", 5, 9, time.Unix(2, 0))))
	f.Add([]byte(`{}`), []byte(`{"cpu_stats":{"cpu_usage":{"total_usage":18446744073709551615},"system_cpu_usage":1,"online_cpus":4294967295}}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var a, b container.StatsResponse
		if json.Unmarshal(first, &a) != nil || json.Unmarshal(second, &b) != nil {
			t.Skip()
		}
		cache, begin := newSampleCache(), time.Unix(10, 0)
		for i, v := range []*container.StatsResponse{&a, &b} {
			e := statsEntry(v)
			cpu, _ := cache.cpu("c", newSample(v, begin.Add(time.Duration(i)*time.Second), false))
			for _, n := range []float64{cpu, e.Memory, e.MemoryPercentage, e.NetworkRx, e.BlockRead} {
				if n < 0 || math.IsNaN(n) || math.IsInf(n, 0) {
					t.Errorf("%v in %+v, cpu %v", n, e, cpu)
				}
			}
		}
	})
}

// BenchmarkStats100 reads 100 containers from an engine that takes 10 ms for each, with remembered samples.
func BenchmarkStats100(b *testing.B) {
	f, _ := busyEngine(b, 10*time.Millisecond)
	c := f.client(b)
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = fmt.Sprint("c", i)
	}
	c.StatsAll(b.Context(), ids)
	for b.Loop() {
		if s := c.StatsAll(b.Context(), ids)[99]; s.GetError() != nil {
			b.Fatal(s.GetError())
		}
	}
}
