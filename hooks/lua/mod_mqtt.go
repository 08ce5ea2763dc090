package lua

import (
	"strings"
	"sync"
	"time"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

func mqttEntries(json *jsonCodec) []Entry {
	return []Entry{{
		Name: "edged.mqtt.publish", Signature: "(topic, payload)", fn: mqttPublish(json),
		Doc: "Sends a message: text as it is, anything else as JSON. 20 a minute for each script; more is an error.",
	}}
}

const (
	maxMessages = 20 // a minute for each script
	maxTopic    = 256
	maxPayload  = 64 << 10
)

func mqttPublish(json *jsonCodec) glua.LGFunction {
	return func(l *glua.LState) int {
		h := duringEvent(l, "edged.mqtt.publish")
		topic, payload := topicArg(l, 1), payloadArg(l, 2, json)
		if h.set.options.Publish == nil {
			vm.Fail(l, "edged.mqtt.publish: this daemon has no MQTT")
		}
		if !h.script.rate.allow(h.set.options.Clock()) {
			vm.Fail(l, "edged.mqtt.publish: more than %d messages a minute", maxMessages)
		}
		vm.Charge(l, 100)
		if err := h.set.options.Publish(h.script.info.File, topic, payload); err != nil {
			vm.Fail(l, "edged.mqtt.publish: %v", err)
		}
		return 0
	}
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
	if r.count >= maxMessages {
		return false
	}
	r.count++
	return true
}
