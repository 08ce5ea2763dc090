package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"edged/hooks"
)

// How many decisions are kept, in memory alone: flash wears.
const (
	keptRecords     = 200
	keptRecordBytes = 256 << 10
)

// records are the newest decisions, each as JSON, which takes less room than what it
// is made of. The zero value has none.
type records struct {
	run string // begins the ids of this run of edged

	mu    sync.Mutex
	n     int
	list  []kept
	bytes int
}

type kept struct {
	summary Summary
	text    []byte // of the [hooks.Record]
}

// Summary is a decision in short.
type Summary struct {
	ID        string        `json:"id"`
	Time      time.Time     `json:"time"`
	Event     string        `json:"event"`
	Phase     hooks.Phase   `json:"phase"`
	Op        string        `json:"op"`
	Container string        `json:"container,omitempty"`
	Verdict   hooks.Verdict `json:"verdict"`
	Reason    string        `json:"reason,omitempty"`
	Failed    bool          `json:"failed,omitempty"`
	Override  string        `json:"override,omitempty"`
}

func runName(start time.Time) string { return strconv.FormatInt(start.Unix(), 36) }

// keep keeps a decision and returns its id.
func (r *records) keep(rec hooks.Record) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	id := fmt.Sprintf("%s-%d", r.run, r.n)
	text, err := json.Marshal(rec)
	if err != nil {
		text = nil // a NaN in a patch: the summary is still worth keeping
	}
	d := rec.Decision
	r.list = append(r.list, kept{Summary{
		ID: id, Time: time.Now(), Event: rec.Event.ID, Phase: rec.Event.Phase, Op: rec.Event.Op, Container: name(rec.Event),
		Verdict: d.Verdict, Reason: d.Reason, Failed: d.Failed, Override: d.Override,
	}, text})
	r.bytes += len(text)
	for len(r.list) > keptRecords || r.bytes > keptRecordBytes && len(r.list) > 1 {
		r.bytes -= len(r.list[0].text)
		r.list[0] = kept{}
		r.list = r.list[1:]
	}
	return id
}

// Decisions are the newest decisions, the oldest first, at most limit if it is above 0.
func (p *Policy) Decisions(limit int) []Summary {
	p.records.mu.Lock()
	defer p.records.mu.Unlock()
	list := p.records.list
	if limit > 0 && len(list) > limit {
		list = list[len(list)-limit:]
	}
	out := []Summary{}
	for _, k := range list {
		out = append(out, k.summary)
	}
	return out
}

// Decision is the record of a decision as JSON, a [hooks.Record]; false if there is
// none of that id any more. An id may also be that of an event: then it is the
// newest decision about it. With it come the scripts, as long as they are the last
// good ones: so it can be come to again on a machine that has none.
func (p *Policy) Decision(id string) (json.RawMessage, bool) {
	text := p.records.text(id)
	if text == nil {
		return nil, false
	}
	return p.withSources(text), true
}

func (r *records) text(id string) json.RawMessage {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.list) - 1; i >= 0; i-- {
		if k := r.list[i]; k.text != nil && (k.summary.ID == id || k.summary.Event == id) {
			return k.text
		}
	}
	return nil
}

func (p *Policy) withSources(text json.RawMessage) json.RawMessage {
	p.loading.Lock() // nobody writes them meanwhile
	defer p.loading.Unlock()
	var rec hooks.Record
	var good keptGood
	err := errors.Join(json.Unmarshal(text, &rec), p.good.Load(&good))
	if err != nil || rec.Revision == "" || good.Revision != rec.Revision {
		return text
	}
	rec.Sources = good.Sources
	all, err := json.Marshal(rec)
	if err != nil {
		return text
	}
	return all
}
