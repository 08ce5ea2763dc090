package mqtt

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"

	"edged/core/report"
	"edged/core/request"
)

// The statuses of a command. A requester may use others; they mean nothing to edged.
const (
	statusInit       = "init"
	statusExecuting  = "executing"
	statusSuccessful = "successful"
	statusFailed     = "failed"
)

// progress tells how far a request has come: on the command's topic, with the
// requester's own fields; or, if the request came from elsewhere, the end of it
// as an event.
func (t topics) progress(c report.Command) ([]message, error) {
	fields := statusOf(c)
	if c.Followed() {
		if c.Request.Via == t.parent {
			fields["executor"] = t.self
		}
		return one(t.status(c.Request), withExtra(c.Request.Extra, fields))
	}
	if c.Result == nil && c.Progress == nil {
		return nil, nil
	}
	fields["id"], fields["op"], fields["actor"] = c.Request.ID, c.Request.Op, c.Request.Actor
	about := cmp.Or(c.Request.Image, "images") // without a name: of a prune
	if c.Request.Target != "" {
		about = c.Request.Target
		fields["container"] = c.Request.Target
	}
	if c.Request.Image != "" {
		fields["image"] = c.Request.Image
	}
	if c.Request.Run != nil {
		about = c.Request.Run.Name
		fields["command"] = about
	}
	if c.Result == nil {
		delete(fields, "status")
		return event(t.service("", "e", "operation_progress"), fmt.Sprintf("%s %s: %s", c.Request.Op, about, c.Progress.Step), c.Time, fields)
	}
	text := fmt.Sprintf("%s %s: %s", c.Request.Op, about, c.Result.Outcome)
	return event(t.service("", "e", "operation_finished"), text, c.Result.Finished, fields)
}

func statusOf(c report.Command) map[string]any {
	switch {
	case c.Result != nil:
		fields := resultFields(*c.Result)
		maps.Copy(fields, c.Answer)
		return fields
	case c.Progress != nil:
		return progressFields(*c.Progress)
	default:
		return map[string]any{"status": statusExecuting}
	}
}

func progressFields(p request.Progress) map[string]any {
	fields := map[string]any{"status": statusExecuting, "step": p.Step}
	if p.Text != "" {
		fields["text"] = p.Text
	}
	if p.Percent > 0 {
		fields["percent"] = math.Round(p.Percent*10) / 10
	}
	if p.Total > 0 {
		fields["bytes"], fields["total"] = p.Bytes, p.Total
	}
	if p.Layers > 0 {
		fields["layers"], fields["layersDone"] = p.Layers, p.LayersDone
	}
	return fields
}

func resultFields(r request.Result) map[string]any {
	fields := map[string]any{"status": statusSuccessful, "outcome": r.Outcome, "changed": r.Changed}
	switch {
	case r.Outcome == request.Deferred:
		fields["status"] = statusExecuting
		fields["deferredUntil"] = stamp(r.Until)
	case !r.Outcome.OK():
		fields["status"] = statusFailed
		fields["reason"] = string(r.Outcome) // thin-edge.io wants one with every failure
	}
	if r.Reason != "" {
		fields["reason"] = r.Reason
	}
	if r.Outcome == request.RolledBack {
		fields["rolledBack"] = true
	}
	if r.Timing != nil {
		fields["timing"] = timing(*r.Timing)
	}
	if r.Failure != nil {
		fields["failure"] = failure(*r.Failure)
	}
	if r.Op == request.Command && r.Outcome.Final() {
		fields["exitCode"], fields["output"] = r.ExitCode, r.Output
	}
	if r.Op == request.Prune && r.Outcome.Final() {
		fields["removed"], fields["freedBytes"] = append([]string{}, r.Removed...), r.FreedBytes
	}
	if r.Module != nil && r.Module.Name != "" && !r.Outcome.OK() && r.Outcome.Final() {
		fields["failures"] = failures(r)
	}
	if len(r.Changes) > 0 {
		fields["changes"] = r.Changes
	}
	return fields
}

// failures tells of the module that failed as thin-edge.io has it.
func failures(r request.Result) any {
	m := r.Module
	one := map[string]string{"name": m.Name, "version": m.Version, "action": m.Action, "reason": r.Reason}
	return []any{map[string]any{"type": m.Type, "modules": []any{one}}}
}

// timing is [request.Timing] as MQTT has it.
type timing struct {
	From      string `json:"from"`
	To        string `json:"to"`
	StopMS    int64  `json:"stopMs"`
	StartMS   int64  `json:"startMs"`
	OutageMS  int64  `json:"outageMs"`
	HealthyMS int64  `json:"healthyMs,omitempty"`
}

// failure is [request.Failure] as MQTT has it.
type failure struct {
	Container string   `json:"container"`
	ExitCode  int      `json:"exitCode"`
	OOM       bool     `json:"oom,omitempty"`
	Health    string   `json:"health,omitempty"`
	Logs      []string `json:"logs,omitempty"`
}

// withExtra adds the requester's fields to edged's. What edged itself said at an
// earlier step may have come back among them; it is no more than that.
func withExtra(extra json.RawMessage, fields map[string]any) map[string]any {
	var theirs map[string]json.RawMessage
	if json.Unmarshal(extra, &theirs) != nil {
		return fields // a command that was no JSON object has no fields to give back
	}
	for name, value := range theirs {
		if _, set := fields[name]; !set && !ours(name) {
			fields[name] = value
		}
	}
	return fields
}

// ours reports whether a field of a command's status is edged's to set.
func ours(name string) bool {
	switch name {
	case "status", "reason", "outcome", "changed", "changes", "timing", "failure", "rolledBack", "deferredUntil",
		"step", "text", "percent", "bytes", "total", "layers", "layersDone", "removed", "freedBytes",
		"executor", "failures", "currentSoftwareList":
		return true
	default:
		return false
	}
}
