package main

import (
	"fmt"
	"strings"

	"edged/core/request"
)

// resultLines is a result in words: what came of it, and what is known of a
// container that failed.
func resultLines(r request.Result) []string {
	name := r.Target
	switch r.Op {
	case request.Pull:
		name = r.Image
	case request.Prune:
		name = "images"
	}
	return append([]string{name + ": " + outcomeText(r)}, failureLines(r.Failure)...)
}

func outcomeText(r request.Result) string {
	switch r.Outcome {
	case "":
		return because(string(r.Op)+" goes on", r.Reason)
	case request.Committed:
		return because(done(r), r.Reason)
	case request.Unchanged:
		return because(upToDate(r.Op), r.Reason)
	case request.Needed:
		return because("update needed", strings.Join(r.Changes, ", "))
	case request.Denied:
		return because(string(r.Op)+" denied by policy", r.Reason)
	case request.Deferred:
		return because(fmt.Sprintf("%s deferred by policy until %s", r.Op, r.Until.Local().Format("2006-01-02 15:04:05")), r.Reason)
	case request.Failed:
		return because(string(r.Op)+" failed, nothing was changed", r.Reason)
	case request.RolledBack:
		return because(rolledBack(r), r.Reason)
	case request.Broken:
		return because(string(r.Op)+" failed and could not be undone, somebody has to look", r.Reason)
	case request.NotFound:
		return because("no such container", r.Reason)
	case request.Conflict:
		return because(string(r.Op)+" is not possible now", r.Reason)
	default:
		return because(fmt.Sprintf("%s %s", r.Op, r.Outcome), r.Reason)
	}
}

func because(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

func done(r request.Result) string {
	switch r.Op {
	case request.Pull:
		return "pulled"
	case request.Install:
		return "installed from " + r.Image
	case request.Update:
		return "updated" + span(r.Timing)
	case request.Rollback:
		return "put back" + span(r.Timing)
	case request.Stop:
		return "stopped"
	case request.Start, request.Restart:
		return string(r.Op) + "ed"
	case request.Prune:
		return fmt.Sprintf("removed %d images of %d MB: %s", len(r.Removed), r.FreedBytes/1e6, strings.Join(r.Removed, ", "))
	case request.Remove:
		return "removed"
	default:
		return string(r.Op) + " done"
	}
}

// span says from what to what, and how long the service was away.
func span(t *request.Timing) string {
	if t == nil {
		return ""
	}
	healthy := ""
	if t.HealthyMS > 0 {
		healthy = fmt.Sprintf(", healthy after %d", t.HealthyMS)
	}
	return fmt.Sprintf(" from %s to %s, outage %d ms (stop %d, start %d%s)", t.From, t.To, t.OutageMS, t.StopMS, t.StartMS, healthy)
}

func rolledBack(r request.Result) string {
	if r.Timing == nil {
		return string(r.Op) + " rolled back"
	}
	return fmt.Sprintf("%s to %s rolled back to %s, outage %d ms", r.Op, r.Timing.To, r.Timing.From, r.Timing.OutageMS)
}

func upToDate(op request.Op) string {
	if op == request.Update || op == request.Pull || op == request.Install {
		return "up to date"
	}
	return "nothing to do"
}

func failureLines(f *request.Failure) []string {
	if f == nil {
		return nil
	}
	head := fmt.Sprintf("  %s exited with %d", f.Container, f.ExitCode)
	switch {
	case f.OOM:
		head += ", killed for memory"
	case f.Health != "":
		head = fmt.Sprintf("  %s was %s", f.Container, f.Health)
	}
	if len(f.Logs) == 0 {
		return []string{head}
	}
	lines := []string{head + "; its last lines:"}
	for _, line := range f.Logs {
		lines = append(lines, "    "+strings.TrimRight(line, "\r\n"))
	}
	return lines
}
