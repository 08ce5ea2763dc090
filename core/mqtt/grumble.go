package mqtt

import (
	"log/slog"
	"sync"

	"edged/core/request"
)

// maxGrumbles bounds the topics that are remembered. Beyond them nothing is logged:
// somebody is playing.
const maxGrumbles = 256

// grumble logs what is wrong with messages from outside, once a topic.
type grumble struct {
	log *slog.Logger

	mu   sync.Mutex
	seen map[string]bool
}

func newGrumble(log *slog.Logger) *grumble { return &grumble{log: log, seen: map[string]bool{}} }

// first reports whether nothing was logged under the key yet.
func (g *grumble) first(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen[key] || len(g.seen) >= maxGrumbles {
		return false
	}
	g.seen[key] = true
	return true
}

// ignored says that a message makes no sense and is passed over.
func (g *grumble) ignored(topic string, err error) {
	if g.first(topic) {
		g.log.Warn("ignored an MQTT message", "topic", topic, "error", err)
	}
}

// refused says that a command makes no sense.
func (g *grumble) refused(topic string, r request.Request, err error) {
	if g.first(topic) {
		g.log.Warn("refused an MQTT command", "op", r.Op, "id", r.ID, "error", err)
	}
}

// twin says that there is a second edged.
func (g *grumble) twin(other *identity) {
	if g.first("twin " + other.Started) {
		g.log.Error("another edged speaks with the same service name or client id on this broker: give one of them another mqtt.client_id and service.name or device.topic_id",
			"host", other.Host, "pid", other.PID, "started", other.Started)
	}
}
