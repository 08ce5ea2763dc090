package lua

import (
	"strings"
	"sync"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

const (
	maxMessages = 20 // a minute for each script
	maxPayload  = 64 << 10
	maxSent     = 256 // bytes of a payload that are recorded
)

func mqttEntries(json *jsonCodec) []Entry {
	return []Entry{{
		Name: "edged.mqtt.publish", Params: params(need("topic", "string", ""), need("payload", "any", "text is sent as it is, anything else as JSON")),
		fn: mqttPublish(json), Where: Hooks, Need: needPublish + ":TOPIC",
		Doc:     "Sends a message, of 64 KiB at most. 20 a minute for each script; more is an error.",
		Example: `edged.mqtt.publish("alerts/update", { id = ev.id, error = ev.error })`,
	}}
}

func mqttPublish(json *jsonCodec) glua.LGFunction {
	const name = "edged.mqtt.publish"
	return func(l *glua.LState) int {
		h := duringEvent(l, name)
		topic, payload := topicArg(l, 1), payloadArg(l, 2, json)
		if !h.script.needs.topic(topic) {
			vm.Fail(l, "%s: '%s' is in none of the file's needs; declare it with edged.needs { \"mqtt.publish:%s\" }", name, topic, topic)
		}
		vm.Charge(l, 100)
		if err := h.publish(topic, payload); err != nil {
			vm.Fail(l, "%s: %v", name, err)
		}
		return 0
	}
}

// publish sends a message, unless nothing may leave the device for the script.
func (h *host) publish(topic string, payload []byte) error {
	if !h.audit && !h.event.DryRun {
		if err := h.send(h.script, topic, payload); err != nil {
			return err
		}
	}
	if len(h.sent) < maxMessages {
		h.sent = append(h.sent, hooks.Message{Topic: topic, Payload: strings.ToValidUTF8(string(payload[:min(len(payload), maxSent)]), "")})
	}
	return nil
}

func topicArg(l *glua.LState, n int) string {
	topic := vm.StringArg(l, n)
	if topic == "" || len(topic) > maxTopic || strings.ContainsAny(topic, "+#\x00") {
		vm.BadArg(l, n, "'%.64s' is no topic to publish on", topic)
	}
	return topic
}

func payloadArg(l *glua.LState, n int, json *jsonCodec) []byte {
	var payload []byte
	if s, ok := vm.AnyArg(l, n).(glua.LString); ok {
		payload = []byte(s)
	} else {
		payload = []byte(json.text(l, vm.Arg(l, n)))
	}
	if len(payload) > maxPayload {
		vm.BadArg(l, n, "more than %d KiB", maxPayload>>10)
	}
	return payload
}

// A rate counts what happened in the running minute.
type rate struct {
	most  int
	mu    sync.Mutex
	since time.Time
	count int
}

// allow counts one more, unless there were enough.
func (r *rate) allow(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.since) >= time.Minute || now.Before(r.since) {
		r.since, r.count = now, 0
	}
	if r.count >= r.most {
		return false
	}
	r.count++
	return true
}
