package lua

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// A script is one compiled file.
type script struct {
	info     hooks.Script
	grants   hooks.Grants
	needs    needs
	chunk    *vm.Chunk
	messages rate
	metrics  rate
}

func (s *Set) compile(source hooks.Source) (*script, error) {
	compile := vm.Compile
	if s.options.Cover != nil {
		compile = vm.CompileCover
	}
	chunk, err := compile(source.Name, source.Text)
	if err != nil {
		return nil, err
	}
	if err := checkLocals(source.Name, source.Text); err != nil {
		return nil, err
	}
	return &script{
		info: hooks.Script{
			File: source.Name, Folder: source.Folder, SHA256: sumOf(source.Text),
			Mode: s.options.mode(source.Name),
		},
		grants:   s.options.grants(source.Name),
		chunk:    chunk,
		messages: rate{most: maxMessages},
		metrics:  rate{most: maxMetrics},
	}, nil
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// wants reports whether a hook of the script is registered for an event at a
// stage.
func (sc *script) wants(ev hooks.Event, mutate bool) bool {
	return len(sc.lines(ev, mutate)) > 0
}

// lines are the places of the hooks that are registered for an event at a stage.
func (sc *script) lines(ev hooks.Event, mutate bool) []int {
	var lines []int
	for _, k := range sc.info.Hooks {
		if matches(k, ev, mutate) {
			lines = append(lines, k.Line)
		}
	}
	if mutate || ev.Timer == "" || ev.Op != string(hooks.NoticeTimer) {
		return lines
	}
	for _, t := range sc.info.Timers {
		if t.ID() == ev.Timer {
			lines = append(lines, t.Line)
		}
	}
	return lines
}

func matches(k hooks.Hook, ev hooks.Event, mutate bool) bool {
	if k.Phase != ev.Phase || k.Mutate != mutate {
		return false
	}
	if filter, ok := strings.CutPrefix(k.Name, hooks.MQTTPrefix); ok {
		topic, ok := strings.CutPrefix(ev.Op, hooks.MQTTPrefix)
		return ok && hooks.TopicMatches(filter, topic)
	}
	return k.Name == ev.Op
}
