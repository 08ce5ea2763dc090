package lua

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"edged/hooks"
)

// A kvView is what a script keeps, as its hooks see it while they are asked about
// one event. It is opened when a hook first looks.
type kvView struct {
	session *session
	script  string
	name    string // of the reads in a record

	tx      hooks.KVTx
	err     error
	reads   hooks.KVReads
	done    map[string]*hooks.KVEntry // changed by hooks that ended well
	pending map[string]*hooks.KVEntry // by the one that runs
	totals  kvTotals                  // with what is pending
	before  kvTotals                  // without
}

type kvTotals struct{ keys, bytes int }

// kvName keeps apart what a script saw at each of the two times that it can be
// asked about one event.
func kvName(script string, mutate bool) string {
	if mutate {
		return script + "#mutate"
	}
	return script
}

// open begins the transaction.
func (v *kvView) open() error {
	if v.tx != nil || v.err != nil {
		return v.err
	}
	v.done, v.pending = map[string]*hooks.KVEntry{}, map[string]*hooks.KVEntry{}
	v.reads.Entries = map[string]hooks.KVEntry{}
	v.tx, v.err = v.session.begin(v.script, v.name)
	if v.err != nil {
		v.reads.Error = v.err.Error()
	} else if kept, ok := v.tx.(recordedKV); ok {
		v.reads.Keys, v.reads.Bytes = kept.reads.Keys, kept.reads.Bytes
	} else {
		for key, e := range v.tx.Entries() {
			if v.valid(e) {
				v.reads.Keys++
				v.reads.Bytes += len(key) + len(e.Value)
			}
		}
	}
	v.totals = kvTotals{v.reads.Keys, v.reads.Bytes}
	v.before = v.totals
	v.note()
	return v.err
}

// note puts what was read into the record.
func (v *kvView) note() {
	if v.session.reads.KV == nil {
		v.session.reads.KV = map[string]hooks.KVReads{}
	}
	v.session.reads.KV[v.name] = v.reads
}

func (v *kvView) valid(e hooks.KVEntry) bool {
	return e.Expires.IsZero() || e.Expires.After(v.session.reads.Time)
}

// get returns the value of a key; the view is open.
func (v *kvView) get(key string) (hooks.KVEntry, bool) {
	for _, changes := range []map[string]*hooks.KVEntry{v.pending, v.done} {
		if e, changed := changes[key]; changed {
			if e == nil {
				return hooks.KVEntry{}, false
			}
			return *e, v.valid(*e)
		}
	}
	e, ok := v.tx.Entries()[key]
	if !ok || !v.valid(e) {
		return hooks.KVEntry{}, false
	}
	v.reads.Entries[key] = e
	return e, true
}

// put changes a key, nil deleting it, if the script may keep as much.
func (v *kvView) put(key string, e *hooks.KVEntry) error {
	next := v.totals
	if old, ok := v.get(key); ok {
		next.keys--
		next.bytes -= len(key) + len(old.Value)
	}
	if e != nil {
		next.keys++
		next.bytes += len(key) + len(e.Value)
		switch {
		case len(e.Value) > hooks.KVValue:
			return fmt.Errorf("a value of %d bytes; %d are allowed", len(e.Value), hooks.KVValue)
		case next.keys > hooks.KVKeys:
			return fmt.Errorf("more than %d keys", hooks.KVKeys)
		case next.bytes > hooks.KVTotal:
			return fmt.Errorf("more than %d KiB in all", hooks.KVTotal>>10)
		}
	}
	v.pending[key], v.totals = e, next
	return nil
}

// list returns the keys that begin with prefix, sorted.
func (v *kvView) list(prefix string) []string {
	candidates := map[string]bool{}
	for key := range v.tx.Entries() {
		candidates[key] = true
	}
	for _, changes := range []map[string]*hooks.KVEntry{v.done, v.pending} {
		for key := range changes {
			candidates[key] = true
		}
	}
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(candidates)) {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		if _, ok := v.get(key); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// end takes over what a hook changed, or drops it if the hook failed.
func (v *kvView) end(well bool) {
	if v.tx == nil {
		return
	}
	if well {
		maps.Copy(v.done, v.pending)
		v.before = v.totals
	}
	clear(v.pending)
	v.totals = v.before
}

// commit keeps what the hooks changed, and rids the script of what has expired.
func (v *kvView) commit(dry bool) error {
	if v.tx == nil || len(v.done) == 0 || dry {
		return nil
	}
	for key, e := range v.tx.Entries() {
		if _, changed := v.done[key]; !changed && !v.valid(e) {
			v.done[key] = nil
		}
	}
	if err := v.tx.Commit(v.done); err != nil {
		return fmt.Errorf("edged.kv: values can't be kept: %w", err)
	}
	return nil
}

func (v *kvView) close() {
	if v.tx != nil {
		v.tx.Close()
	}
}
