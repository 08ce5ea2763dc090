package lua

import (
	"log/slog"
	"time"

	"edged/hooks/lua/vm"
)

// Options are what [Load] needs. Only Dirs is required.
type Options struct {
	Dirs     []string         // folders of scripts; a later one overlays files of the same name
	Deadline time.Duration    // for all scripts together, per event; 250 ms when zero
	Log      *slog.Logger     // where edged.log writes; nothing is written when nil
	Clock    func() time.Time // what edged.time reads; time.Now when nil
	Limits   vm.Limits        // what one script may use up in one event

	// Publish sends what a script publishes over MQTT. It must not block. When
	// nil, edged.mqtt.publish is an error.
	Publish func(script, topic string, payload []byte) error
}

const (
	defaultDeadline = 250 * time.Millisecond
	bodyTime        = time.Second // for the body of a script when it is loaded
)

func (o Options) orDefault() Options {
	if o.Deadline <= 0 {
		o.Deadline = defaultDeadline
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}
