package e2e

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// journal keeps what a program prints, for those who wait for a part of it. Safe for concurrent use.
type journal struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed and replaced at each write
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

// Write implements io.Writer.
func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.changed)
	j.changed = make(chan struct{})
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// wait returns once a line with all parts has been printed.
func (j *journal) wait(t *testing.T, parts ...string) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		j.mu.Lock()
		text, changed := j.text.String(), j.changed
		j.mu.Unlock()
		for line := range strings.Lines(text) {
			if containsAll(line, parts) {
				return
			}
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("no line with %q within %s; there is:\n%s", parts, patience, text)
		}
	}
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// allBut is an expression for every name that does not begin with prefix: one that is a part of it, or differs from it
// somewhere. Go's expressions have no negation.
func allBut(prefix string) string {
	var others []string
	for i := range len(prefix) {
		next := strings.NewReplacer(`\`, `\\`, `-`, `\-`, `]`, `\]`, `^`, `\^`).Replace(prefix[i : i+1])
		others = append(others, regexp.QuoteMeta(prefix[:i])+"(?:[^"+next+"].*)?")
	}
	return strings.Join(others, "|")
}
