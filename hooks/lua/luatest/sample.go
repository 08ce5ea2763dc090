package luatest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"edged/hooks"
	"edged/hooks/lua"
)

// SampleTime is when samples happen, and when tests begin: noon on a Wednesday.
func SampleTime() time.Time { return time.Date(2026, 1, 7, 12, 0, 0, 0, time.UTC) }

// Occasion reads what an event is for: "before pull", "on health", "on
// mqtt:app/lock"; a single word is a notice, or an operation before it is done.
func Occasion(text string) (hooks.Phase, string, error) {
	words := strings.Fields(text)
	if len(words) == 1 {
		words = append([]string{guessPhase(words[0])}, words...)
	}
	if len(words) != 2 {
		return "", "", fmt.Errorf("'%s' is no occasion; write it like \"before pull\" or \"on health\"", text)
	}
	phase, name := hooks.Phase(words[0]), words[1]
	known := opNames()
	switch phase {
	case hooks.On:
		known = noticeNames()
		if strings.HasPrefix(name, hooks.MQTTPrefix) {
			return phase, name, nil
		}
	case hooks.Before, hooks.After:
		name = hooks.Alias(phase, name)
	default:
		return "", "", fmt.Errorf("'%s' is no phase; there are: before after on", phase)
	}
	for _, k := range known {
		if k == name {
			return phase, name, nil
		}
	}
	return "", "", fmt.Errorf("unknown %s '%s'%s", kind(phase), name, lua.Suggest(name, known))
}

func guessPhase(name string) string {
	for _, n := range noticeNames() {
		if n == name {
			return string(hooks.On)
		}
	}
	if strings.HasPrefix(name, hooks.MQTTPrefix) {
		return string(hooks.On)
	}
	return string(hooks.Before)
}

func kind(phase hooks.Phase) string {
	if phase == hooks.On {
		return "notice"
	}
	return "op"
}

func opNames() []string {
	var names []string
	for _, op := range hooks.Ops() {
		names = append(names, string(op))
	}
	return names
}

func noticeNames() []string {
	var names []string
	for _, n := range hooks.Notices() {
		names = append(names, string(n))
	}
	return names
}

// Sample is an event as a device would see it, for an occasion of [Occasion].
func Sample(phase hooks.Phase, name string) hooks.Event {
	ev := hooks.Event{
		ID: "sample-1", Phase: phase, Op: name, Time: SampleTime(),
		Trigger: hooks.TriggerCommand, Actor: "cli", Device: new(SampleDevice()),
	}
	if phase == hooks.On {
		sampleNotice(&ev)
		return ev
	}
	sampleOp(&ev)
	if phase == hooks.After {
		ev.OK, ev.Result = true, &hooks.Result{Outcome: "committed", DurationMS: 4200}
		if hooks.Op(name) == hooks.OpUpdate || hooks.Op(name) == hooks.OpRollback {
			ev.Result.OutageMS = 800
		}
	}
	return ev
}

func sampleOp(ev *hooks.Event) {
	switch op := hooks.Op(ev.Op); op {
	case hooks.OpPull:
		ev.Image = sampleImage("registry.example.com/web:1.5.0")
	case hooks.OpPrune:
	case hooks.OpCommand:
		ev.Command = &hooks.Command{Name: "reset-modem", Args: map[string]string{"port": "1"}}
	default:
		ev.Container = sampleContainer()
		ev.Image = sampleImage("registry.example.com/web:1.4.0")
		if op == hooks.OpCreate || op == hooks.OpUpdate || op == hooks.OpRollback {
			sampleChange(ev)
		}
	}
}

// sampleChange is what of the event is about a container's next revision.
func sampleChange(ev *hooks.Event) {
	current, desired := "registry.example.com/web:1.4.0", "registry.example.com/web:1.5.0"
	if hooks.Op(ev.Op) == hooks.OpRollback {
		current, desired = desired, current
	}
	ev.Image = sampleImage(desired)
	ev.Desired = &hooks.Revision{Image: *ev.Image}
	if hooks.Op(ev.Op) == hooks.OpCreate {
		return
	}
	ev.Current = &hooks.Revision{Image: *sampleImage(current)}
	ev.Changes = []string{"image"}
	if hooks.Op(ev.Op) == hooks.OpUpdate {
		ev.Strategy = "replace"
	}
}

func sampleNotice(ev *hooks.Event) {
	ev.Trigger, ev.Actor = hooks.TriggerEngine, ""
	if topic, ok := strings.CutPrefix(ev.Op, hooks.MQTTPrefix); ok {
		ev.Topic, ev.Payload = topic, "1"
		return
	}
	switch hooks.Notice(ev.Op) {
	case hooks.NoticeHealth:
		ev.From, ev.To, ev.FailingStreak = "healthy", "unhealthy", 3
	case hooks.NoticeExit:
		ev.ExitCode = 1
	case hooks.NoticeOOM:
		ev.ExitCode, ev.OOM = 137, true
	case hooks.NoticeCrashLoop:
		ev.ExitCode, ev.Exits, ev.Window = 1, 5, 300
	case hooks.NoticeDrift:
		ev.Current = &hooks.Revision{Image: *sampleImage("registry.example.com/web:1.4.1")}
		ev.Desired = &hooks.Revision{Image: *sampleImage("registry.example.com/web:1.4.0")}
		ev.Changes = []string{"image"}
	case hooks.NoticeNetwork:
		ev.From, ev.To = "eth0", "wwan0"
		return
	default:
		return
	}
	ev.Container, ev.Image = sampleContainer(), sampleImage("registry.example.com/web:1.4.0")
	if ev.Op == string(hooks.NoticeHealth) {
		ev.Container.Health = ev.To
	}
}

func sampleContainer() *hooks.Container {
	return &hooks.Container{
		Name: "web", ID: "4f0c9d3a1b2e", State: "running", Image: "registry.example.com/web:1.4.0",
		Started: SampleTime().Add(-time.Hour), Restarts: new(0), Labels: map[string]string{},
	}
}

func sampleImage(ref string) *hooks.Image {
	img, err := hooks.ParseImage(ref)
	if err != nil {
		return &hooks.Image{Ref: ref}
	}
	return &img
}

// SampleDevice is a device on mains and ethernet, with half of everything free.
func SampleDevice() hooks.Device {
	return hooks.Device{
		ID: "device-1", Arch: "arm64", OS: "debian 13",
		DiskFree: 4 << 30, DiskTotal: 8 << 30, MemFree: 512 << 20, MemTotal: 1 << 30, Load1: 0.5, Uptime: 86400,
		Temp: new(45.0), Power: hooks.Power{Source: "mains"}, Net: hooks.Net{Online: true, Link: "ethernet", Metered: new(false)},
		ClockSynced: new(true),
	}
}

// With returns an event with some fields changed, given as [hooks.Event] has them in
// JSON; a text in the place of image, current, desired or container is its
// reference or name, and times may be seconds since 1970.
func With(ev hooks.Event, fields map[string]any) (hooks.Event, error) {
	data, err := json.Marshal(ev)
	if err != nil {
		return ev, fmt.Errorf("write event: %w", err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return ev, fmt.Errorf("read event: %w", err)
	}
	if err := spell(fields); err != nil {
		return ev, err
	}
	merge(all, fields)
	if data, err = json.Marshal(all); err != nil {
		return ev, fmt.Errorf("write event: %w", err)
	}
	return ReadEvent(data)
}

// ReadEvent reads an event from JSON. A field that no event has is an error.
func ReadEvent(data []byte) (hooks.Event, error) {
	var ev hooks.Event
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&ev); err != nil {
		return ev, fmt.Errorf("read event: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return ev, nil
}

// spell writes out what may be given short.
func spell(fields map[string]any) error {
	for _, key := range []string{"image", "current", "desired"} {
		ref, ok := fields[key].(string)
		if !ok {
			continue
		}
		img, err := hooks.ParseImage(ref)
		if err != nil {
			return err
		}
		fields[key] = map[string]any{
			"ref": ref, "registry": img.Registry, "repository": img.Repository, "tag": img.Tag, "digest": img.Digest,
		}
	}
	if name, ok := fields["container"].(string); ok {
		fields["container"] = map[string]any{"name": name}
	}
	moment(fields, "ts")
	if c, ok := fields["container"].(map[string]any); ok {
		moment(c, "started_at")
	}
	return nil
}

// moment spells seconds since 1970 as JSON has times.
func moment(fields map[string]any, key string) {
	if seconds, ok := fields[key].(float64); ok {
		fields[key] = time.UnixMilli(int64(seconds * 1000)).UTC().Format(time.RFC3339Nano)
	}
}

// merge puts the fields of changes into those of all, table by table.
func merge(all, changes map[string]any) {
	for k, v := range changes {
		inner, isTable := v.(map[string]any)
		old, wasTable := all[k].(map[string]any)
		if isTable && wasTable {
			merge(old, inner)
			continue
		}
		all[k] = v
	}
}
