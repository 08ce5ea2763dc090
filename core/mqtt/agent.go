package mqtt

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"

	"edged/core/report"
	"edged/core/request"
)

// Whether edged carries out what a tedge-agent on the device would, too.
const (
	Always = "true"
	Never  = "false"
	Auto   = "auto" // where there is no agent that does
)

// agentService is the name under which a tedge-agent registers itself.
const agentService = "tedge-agent"

const (
	agentGrace  = 30 * time.Second // how long an agent that has gone down may take to come back, such as from its own update
	agentTime   = 10 * time.Second // how long an agent may take to begin with a command: older ones know none of services
	agentSettle = 2 * time.Second  // after the subscription, until it is known that there is none
)

// agent is what is known of the device's tedge-agent.
type agent struct {
	mu      sync.Mutex
	up      bool
	down    time.Time              // when it was seen to go down
	left    map[string]*time.Timer // commands that are left to it for a while, by topic
	claimed bool                   // it was told on this connection that edged manages software
}

// forget is called at a new connection: what the broker has kept is told again.
func (a *agent) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.up, a.down, a.claimed = false, time.Time{}, false
}

// health takes in what the agent, or in its place the broker, says of it.
func (a *agent) health(body []byte, now time.Time) {
	var h health
	up := string(body) == "1" // as old ones have it
	if json.Unmarshal(body, &h) == nil {
		up = up || h.Status == report.Up
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.up && !up {
		a.down, a.claimed = now, false
	}
	a.up = up
}

// leaves reports whether edged leaves to the agent what it does by mode.
func (a *agent) leaves(mode string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return mode == Never || mode == Auto && (a.up || !a.down.IsZero() && time.Since(a.down) < agentGrace)
}

// leave has do called unless something is heard of the command's topic meanwhile.
func (a *agent) leave(topic string, do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.left == nil {
		a.left = map[string]*time.Timer{}
	}
	if len(a.left) < maxListen {
		a.left[topic] = time.AfterFunc(agentTime, func() {
			a.heard(topic)
			do()
		})
	}
}

// heard is called with the topic of each command that something is heard of.
func (a *agent) heard(topic string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.left[topic]; t != nil {
		t.Stop()
		delete(a.left, topic)
	}
}

// claim reports whether it is to be told that edged manages software.
func (a *agent) claim(mode string) bool {
	if a.leaves(mode) {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.claimed
	a.claimed = true
	return first
}

// softwareOps are the commands to the device that edged takes in the place of an agent.
func softwareOps() []request.Op {
	return []request.Op{request.SoftwareList, request.SoftwareUpdate}
}

// claimSoftware tells that edged manages software, if it does.
func (s *session) claimSoftware() error {
	if !s.inbox.agent.claim(s.inbox.software) {
		return nil
	}
	var all []message
	for _, op := range softwareOps() {
		m, err := one(s.topics.device("cmd", string(op)), map[string]any{"types": request.ModuleTypes()})
		if err != nil {
			return err
		}
		all = append(all, m...)
	}
	return s.send(report.Delivery{}, all)
}

// began reports whether edged itself, and not an agent, has begun with a command to the device.
func (t topics) began(body []byte) bool {
	var p struct {
		Executor string `json:"executor"`
	}
	return bytes.Contains(body, []byte("executor")) && json.Unmarshal(body, &p) == nil && p.Executor == t.self
}
