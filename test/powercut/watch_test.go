package powercut

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// What is written by one goroutine of edged, one version after the other, is on the disk for good when the next version
// is seen. grown is how far such a file has come.
var grown = map[string]func(text []byte) int{
	"kv/10-count.lua.json": func(text []byte) int {
		var values map[string]struct{ Value string }
		n := 0
		_ = json.Unmarshal(text, &values) // what makes no sense has come nowhere
		_, _ = fmt.Sscan(values["asked"].Value, &n)
		return n
	},
	"commands.json": func(text []byte) int {
		var all []any
		_ = json.Unmarshal(text, &all)
		return len(all)
	},
}

// watch looks at edged's files until the function that it returns is called, which gives what was found.
func watch(t *testing.T, d *disk, state string) (found func() []fact) {
	ctx, stop := context.WithCancel(t.Context())
	all := make(chan []fact, 1)
	go func() {
		var facts []fact
		last := map[string][]byte{}
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
			for name, measure := range grown {
				text, err := os.ReadFile(state + "/" + name)
				if err != nil || bytes.Equal(text, last[name]) {
					continue
				}
				before := measure(last[name])
				last[name] = text
				moment, err := d.position()
				if err != nil || before == 0 || measure(text) <= before {
					continue
				}
				facts = append(facts, fact{from: moment, what: fmt.Sprintf("%s has come to %d", name, before), check: func(state string) error {
					text, err := os.ReadFile(state + "/" + name)
					if n := measure(text); err == nil && n < before {
						err = fmt.Errorf("it has come to %d: %s", n, strings.TrimSpace(string(text)))
					}
					return err
				}})
			}
		}
		all <- facts
	}()
	t.Cleanup(stop)
	return func() []fact { stop(); return <-all }
}
