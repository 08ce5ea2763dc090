package mqtt

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"edged/core/report"
)

// measurement is what one service uses, as thin-edge.io has it: numbers in two
// levels.
type measurement struct {
	Container *usage `json:"container,omitempty"`
	Process   *usage `json:"process,omitempty"`
	Time      string `json:"time,omitempty"`
}

type usage struct {
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
	NetIO  *int64  `json:"netio,omitempty"`
}

// telemetry returns a measurement for each service.
func (t topics) telemetry(r report.Telemetry) ([]message, error) {
	var out []message
	for _, name := range slices.Sorted(maps.Keys(r.Services)) {
		u := r.Services[name]
		used := &usage{CPU: rounded(u.CPU), Memory: rounded(u.Memory)}
		m := measurement{Process: used, Time: stamp(r.Time)}
		switch {
		case name == t.self:
			continue
		case name != "":
			bytes := int64(u.NetIO)
			used.NetIO = &bytes
			m.Container, m.Process = used, nil
		}
		payload, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("encode telemetry of %s: %w", name, err)
		}
		out = append(out, message{topic: t.service(name, "m", "resource_usage"), payload: payload})
	}
	return out, nil
}

// rounded keeps two places; what is no number is none at all.
func rounded(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return math.Round(f*100) / 100
}
