package lua

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edged/hooks"
)

// live is the device itself.
type live struct{ set *Set }

func (v live) now() time.Time { return v.set.options.Clock() }

func (v live) offset(zone string, at time.Time) (int, error) {
	where := v.set.options.Zone
	if zone != "" {
		var err error
		if where, err = time.LoadLocation(zone); err != nil {
			return 0, errUnknownZone
		}
	}
	_, offset := at.In(where).Zone()
	return offset, nil
}

var errUnknownZone = errors.New("unknown time zone")

func (v live) device() hooks.Device {
	if look := v.set.options.Look.Device; look != nil {
		return look()
	}
	return hooks.Device{}
}

func (v live) containers() []hooks.Container {
	if look := v.set.options.Look.Containers; look != nil {
		return look()
	}
	return nil
}

func (v live) file(path string, in pattern, read bool) (hooks.FileRead, string) {
	return v.set.files().look(path, in, read)
}

func (v live) glob(spec string, in pattern) []string { return v.set.files().glob(spec, in) }

func (v live) begin(ctx context.Context, script, _ string) (hooks.KVTx, error) {
	if v.set.options.KV == nil {
		return nil, errors.New("nothing is kept here")
	}
	return v.set.options.KV.Begin(ctx, script)
}

func (v live) send(sc *script, _ int, topic string, payload []byte) error {
	if v.set.options.Publish == nil {
		return errors.New("this daemon has no MQTT")
	}
	if !sc.messages.allow(v.set.options.Clock()) {
		return fmt.Errorf("more than %d messages a minute", maxMessages)
	}
	return v.set.options.Publish(sc.info.File, topic, payload)
}
