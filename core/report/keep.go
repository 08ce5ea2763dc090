package report

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	files "edged/core/state"
)

// What waits is written down when it has waited for a while: with a broker that
// answers nothing ever is. Flash wears by writes, so that there is a pause between two
// of them, whatever happens: at most 360 in an hour, and 60 where only events wait.
const (
	waitVital  = time.Second      // results and alarms
	waitCommon = time.Minute      // all else
	writePause = 10 * time.Second // between two writes
	writeBytes = 128 << 10        // so much is written without a pause: it is out of memory then
)

// Keep has what waits outlive this process: it is kept in a file of the folder dir, and so
// are the results of the last commands, so that the same command is not carried out
// twice. It reads what an earlier run has left there. [Outbox.Run] does the writing. What
// can't be read is logged and given up.
func (o *Outbox) Keep(dir string, log *slog.Logger) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.store = &store{path: filepath.Join(dir, "outbox.log"), log: log}
	o.commands = files.New(dir, "commands")
	o.backlog.limits = o.limits
	defer func() { o.onDisk = o.store.file != nil }()
	now := time.Now()
	err := o.store.load(func(p place, line []byte) error {
		r, loss, err := decode(line)
		if err != nil {
			return err
		}
		if key := r.Key(); key != "" {
			if s := o.states[key]; s != nil && s.stored == 0 {
				return nil // a newer word was put meanwhile
			}
			a, alarm := r.(Alarm)
			o.set(key, r, alarm && a.Text == "")
			o.states[key].stored = o.states[key].version
			if _, command := r.(Command); command && !slices.Contains(o.finished, key) {
				o.finished = append(o.finished, key)
			}
			return nil
		}
		o.backlog.push(len(o.backlog.items), &item{place: p, size: size(r), class: classOf(r), since: now, loss: loss})
		return nil
	})
	if err != nil {
		log.Error("what waited in the outbox is lost", "error", err)
	}
	o.lost += o.backlog.trim()
	o.recall(log)
	o.stirUp()
}

// recall reads the results of the commands of earlier runs. One that was told stays
// untold until it is asked for again: its requester may have cleared it meanwhile.
func (o *Outbox) recall(log *slog.Logger) {
	var known []*writtenCommand
	if err := o.commands.Load(&known); err != nil {
		log.Error("the results of earlier commands are forgotten", "error", err)
		return
	}
	for _, w := range known {
		c := w.command()
		key := c.Key()
		if key == "" || !c.Final() || o.states[key] != nil {
			continue
		}
		if w.Told {
			o.states[key] = &state{record: c, version: 1, confirmed: 1, old: true}
		} else {
			o.set(key, c, false)
		}
		o.finished = append(o.finished, key)
	}
}

// Run keeps what waits until ctx is over, and then what is left at once.
func (o *Outbox) Run(ctx context.Context) error {
	if o.store == nil {
		<-ctx.Done()
		return nil
	}
	timer := time.NewTimer(waitVital)
	defer timer.Stop()
	for {
		select {
		case <-o.stir:
			if next := o.look(time.Now()); next > 0 {
				timer.Reset(next)
			}
			continue
		case <-timer.C:
		case <-ctx.Done():
			o.keep(time.Now().Add(waitCommon + writePause))
			return nil
		}
		o.keep(time.Now())
		if next := o.look(time.Now()); next > 0 {
			timer.Reset(next)
		}
	}
}
