package report

import "testing"

func TestMetrics(t *testing.T) {
	var got []Measurement
	m := NewMetrics(func(r Record) { got = append(got, r.(Measurement)) })
	m.Add("20-disk.lua", "pruned", 2, true)
	m.Add("20-disk.lua", "free", 7, false)
	m.Add("20-disk.lua", "pruned", 3, true)
	m.Add("other.lua", "pruned", 1, true)
	m.Add("20-disk.lua", "free", 5, false)
	want := []struct {
		kind, name string
		value      float64
	}{{"20-disk", "pruned", 2}, {"20-disk", "free", 7}, {"20-disk", "pruned", 5}, {"other", "pruned", 1}, {"20-disk", "free", 5}}
	for i, w := range want {
		if g := got[i]; g.Type != w.kind || g.Name != w.name || g.Value != w.value || g.Time.IsZero() {
			t.Errorf("%d: told %+v, want %+v", i, g, w)
		}
	}
}
