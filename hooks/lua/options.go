package lua

import (
	"io/fs"
	"log/slog"
	"time"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// Options are what [Load] needs. Only Dirs or Sources is required.
type Options struct {
	Dirs     []string         // folders of scripts; a later one overlays files of the same name
	Sources  []hooks.Source   // instead of Dirs: what [Read] gave
	Deadline time.Duration    // for all scripts together, per event; 250 ms when zero
	Log      *slog.Logger     // where edged.log writes; nothing is written when nil
	Clock    func() time.Time // what edged.time reads; time.Now when nil
	Zone     *time.Location   // the device's own; time.Local when nil
	Limits   vm.Limits        // what one script may use up in one event

	Grants map[string]hooks.Grants // by file name, or [hooks.EveryScript]
	Modes  map[string]hooks.Mode   // by file name, or [hooks.EveryScript]; enforce when there is none
	KV     hooks.KV                // when nil, edged.kv is an error
	Look   hooks.Sources           // what edged.device and edged.containers show
	Files  fs.FS                   // what edged.file reads, paths without the leading slash; the device's when nil

	// Publish sends what a script publishes over MQTT. It must not block. When
	// nil, edged.mqtt.publish is an error.
	Publish func(script, topic string, payload []byte) error
	// Metric takes a number that a script counts or measures. It must not block.
	// When nil, it goes nowhere.
	Metric func(script, name string, value float64, count bool)
	// Aside reports whether a script is not to be asked, because it failed too
	// often. It is called for each script and event.
	Aside func(script hooks.Script) bool
	// Cover is told each statement before it runs: a number into the points of a
	// script or library, which are always the same. Scripts are slower with it.
	Cover func(script string, points []vm.Point, point int)
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
	if o.Zone == nil {
		o.Zone = time.Local
	}
	return o
}

// cover is what a machine tells [Options.Cover].
func (o Options) cover() func(*vm.Chunk, int) {
	if o.Cover == nil {
		return nil
	}
	return func(c *vm.Chunk, point int) { o.Cover(c.Name(), c.Points(), point) }
}

// grants returns what the operator lets a script do.
func (o Options) grants(file string) hooks.Grants {
	if g, ok := o.Grants[file]; ok {
		return g
	}
	return o.Grants[hooks.EveryScript]
}

// mode returns what a script's answers count for.
func (o Options) mode(file string) hooks.Mode {
	for _, name := range []string{file, hooks.EveryScript} {
		if m := o.Modes[name]; m != "" {
			return m
		}
	}
	return hooks.Enforce
}
