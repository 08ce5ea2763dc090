package lua

import (
	"fmt"
	"path"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// needs are what a script has asked for with edged.needs, all of it granted.
type needs struct {
	topics  []string
	paths   []pattern
	actions []string
}

// Kinds of needs, as they are written before the colon.
const (
	needPublish = "mqtt.publish"
	needFile    = "file.read"
	needAction  = "action"
)

const maxNeeds = 50 // of one script

// apiNeeds notes what the file needs. It is checked once, when the file is loaded.
func apiNeeds(l *glua.LState) int {
	h := duringBody(l, "edged.needs")
	list := vm.TableArg(l, 1)
	if !h.declaring {
		return 0
	}
	if list.Len() == 0 {
		vm.BadArg(l, 1, "a list of needs expected, such as { \"mqtt.publish:alerts/#\" }")
	}
	for i := 1; i <= list.Len(); i++ {
		text, ok := list.RawGetInt(i).(glua.LString)
		if !ok {
			vm.BadArg(l, 1, "item %d is no string", i)
		}
		if len(h.script.info.Needs) >= maxNeeds {
			vm.Fail(l, "more than %d needs in one file", maxNeeds)
		}
		if err := h.script.need(string(text)); err != nil {
			vm.Fail(l, "%v", err)
		}
	}
	return 0
}

// need adds one need to those of a script, if it is granted.
func (sc *script) need(text string) error {
	kind, what, _ := strings.Cut(text, ":")
	granted := false
	switch kind {
	case needPublish:
		if err := checkFilter(what); err != nil {
			return fmt.Errorf("need '%s': %w", text, err)
		}
		for _, g := range sc.grants.Topics {
			granted = granted || hooks.FilterCovers(g, what)
		}
		sc.needs.topics = append(sc.needs.topics, what)
	case needFile:
		p, err := parsePattern(what)
		if err != nil {
			return fmt.Errorf("need '%s': %w", text, err)
		}
		for _, g := range sc.grants.Paths {
			granted = granted || pattern(g).covers(p)
		}
		sc.needs.paths = append(sc.needs.paths, p)
	case needAction:
		for _, g := range sc.grants.Actions {
			granted = granted || what != "" && (g == what || g == "*")
		}
		sc.needs.actions = append(sc.needs.actions, what)
	default:
		return unknownNeed(kind)
	}
	if !granted {
		return fmt.Errorf("'%s' is not granted to this file; edged.yaml grants with policy.grants", text)
	}
	sc.info.Needs = append(sc.info.Needs, text)
	return nil
}

func unknownNeed(kind string) error {
	known := []string{needPublish, needFile, needAction}
	if s := nearest(kind, known); s != "" {
		return fmt.Errorf("unknown need '%s'; did you mean '%s'?", kind, s)
	}
	return fmt.Errorf("unknown need '%s'; there are: mqtt.publish:TOPIC file.read:PATH action:NAME", kind)
}

const maxTopic = 256 // bytes

// checkFilter reports what is wrong with an MQTT topic filter.
func checkFilter(filter string) error {
	if filter == "" || len(filter) > maxTopic || strings.ContainsRune(filter, 0) {
		return fmt.Errorf("a topic filter has 1 to %d bytes", maxTopic)
	}
	for rest, more := filter, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, "/")
		if strings.ContainsAny(part, "+#") && len(part) > 1 || part == "#" && more {
			return fmt.Errorf("'%s' is no topic filter: + stands for one part, # for all that follow", filter)
		}
	}
	return nil
}

// A pattern means files: a clean absolute path in whose parts * stands for any
// text, and whose last part may be ** for all that is below.
type pattern string

func parsePattern(text string) (pattern, error) {
	const form = "a path is absolute and clean, such as /run/app/lock, /run/app/*.json or /run/app/**"
	if !path.IsAbs(text) || path.Clean(text) != text || strings.ContainsAny(text, "\x00?[\\") {
		return "", fmt.Errorf("'%.64s': %s", text, form)
	}
	if before, _ := strings.CutSuffix(text, "/**"); strings.Contains(before, "**") {
		return "", fmt.Errorf("'%.64s': ** can only be the last part", text)
	}
	return pattern(text), nil
}

// covers reports whether every file that q means is one that p means.
func (p pattern) covers(q pattern) bool {
	if p == q {
		return true
	}
	if dir, all := strings.CutSuffix(string(p), "/**"); all {
		return strings.HasPrefix(string(q), dir+"/")
	}
	if strings.HasSuffix(string(q), "/**") {
		return false
	}
	ok, err := path.Match(string(p), string(q)) // a * of q is matched by one of p only
	return ok && err == nil
}

// dir is the folder that every file of p is in or below of, without wildcards, and
// the rest.
func (p pattern) dir() string {
	text := string(p)
	if i := strings.IndexByte(text, '*'); i >= 0 {
		text = text[:i]
	}
	return text[:max(1, strings.LastIndexByte(text, '/'))]
}

// topic reports whether a script has asked to publish on a topic.
func (n needs) topic(topic string) bool {
	for _, filter := range n.topics {
		if hooks.TopicMatches(filter, topic) {
			return true
		}
	}
	return false
}

// path returns the need by which a script may look at a file or at what a pattern
// means.
func (n needs) path(want pattern) (pattern, bool) {
	for _, p := range n.paths {
		if p.covers(want) {
			return p, true
		}
	}
	return "", false
}

// action reports whether a script has asked to have a command run.
func (n needs) action(name string) bool { return slices.Contains(n.actions, name) }
