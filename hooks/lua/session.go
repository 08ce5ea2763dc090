package lua

import (
	"context"
	"time"

	"edged/hooks"
)

// A source is where scripts look: at the device, or at a record of when they last
// did.
type source interface {
	now() time.Time
	// offset is how many seconds a zone is east of UTC at a time; an empty name is
	// the device's own zone.
	offset(zone string, at time.Time) (int, error)
	device() hooks.Device
	containers() []hooks.Container
	// file reads a file, or only looks whether it is there. The text is as long as
	// it is.
	file(path string, in pattern, read bool) (hooks.FileRead, string)
	glob(pattern string, in pattern) []string
	// begin opens what a script keeps, under its name for the record.
	begin(ctx context.Context, script, name string) (hooks.KVTx, error)
	// send sends message n of a script.
	send(sc *script, n int, topic string, payload []byte) error
}

// A session is one event on its way through the scripts. Whatever they look at is
// looked at once, so that all see the same, and written down.
type session struct {
	set    *Set
	from   source
	replay bool
	begin  func(script, name string) (hooks.KVTx, error) // nil while scripts are loaded
	reads  *hooks.Reads
	asked  hooks.Event // as it was when it was asked about

	looked     *hooks.Device
	containers *[]hooks.Container
	texts      map[string]string // of files
	messages   map[string]int    // sent, by script
}

func (s *Set) newSession(ev hooks.Event, from source) *session {
	return &session{set: s, from: from, asked: ev, reads: &hooks.Reads{Time: from.now()}}
}

// host makes what one run of a script can reach.
func (s *session) host(sc *script, audit bool) *host {
	return &host{session: s, script: sc, audit: audit, event: s.asked}
}

// look returns the device as it was when the event happened.
func (s *session) look() hooks.Device {
	if s.asked.Device != nil {
		return *s.asked.Device
	}
	if s.looked == nil {
		d := s.from.device()
		s.looked, s.reads.Device = &d, &d
	}
	return *s.looked
}

// all returns the containers, as they were when a script first looked.
func (s *session) all() []hooks.Container {
	if s.containers == nil {
		list := s.from.containers()
		s.containers, s.reads.Containers = &list, list
	}
	return *s.containers
}

// in returns a time in the zone of a name. The result's zone has the name and a
// fixed offset, which is all that is recorded.
func (s *session) in(zone string, at time.Time) (time.Time, error) {
	key := zoneKey(zone, at, s.reads.Time)
	offset, known := s.reads.Zones[key]
	if !known {
		var err error
		if offset, err = s.from.offset(zone, at); err != nil {
			return at, err
		}
		if s.reads.Zones == nil {
			s.reads.Zones = map[string]int{}
		}
		s.reads.Zones[key] = offset
	}
	return at.In(time.FixedZone(zone, offset)), nil
}

// zoneKey names the offset of a zone at a time in a record made at another.
func zoneKey(zone string, at, now time.Time) string {
	if zone == "" {
		zone = "local"
	}
	if !at.Equal(now) {
		zone += "@" + at.UTC().Format(time.RFC3339)
	}
	return zone
}

// file reads a file of the device, once.
func (s *session) file(path string, in pattern, read bool) (hooks.FileRead, string) {
	for _, f := range s.reads.Files {
		if f.Path == path && (!read || f.SHA256 != "" || f.Error != "" || !f.Exists) {
			return f, s.texts[path]
		}
	}
	f, text := s.from.file(path, in, read)
	s.reads.Files = append(s.reads.Files, f)
	if s.texts == nil {
		s.texts = map[string]string{}
	}
	s.texts[path] = text
	return f, text
}

// glob lists the files that a pattern means, once.
func (s *session) glob(spec string, in pattern) []string {
	for _, g := range s.reads.Globs {
		if g.Pattern == spec {
			return g.Paths
		}
	}
	paths := s.from.glob(spec, in)
	s.reads.Globs = append(s.reads.Globs, hooks.GlobRead{Pattern: spec, Paths: paths})
	return paths
}

// send sends a message of a script.
func (s *session) send(sc *script, topic string, payload []byte) error {
	if s.messages == nil {
		s.messages = map[string]int{}
	}
	file := sc.info.File
	s.messages[file]++
	err := s.from.send(sc, s.messages[file], topic, payload)
	if err != nil {
		s.reads.Refused = append(s.reads.Refused, hooks.Refusal{Script: file, N: s.messages[file], Error: err.Error()})
	}
	return err
}
