package story

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Message is an MQTT message as it came.
type Message struct {
	topic, payload string
	at             time.Time
}

// Ear shows every message below te/ and remembers it for those who wait.
type Ear struct {
	Patience time.Duration // how long Wait waits; [Patience] unless it is set

	cmd *exec.Cmd

	mu    sync.Mutex
	heard []Message
	news  chan struct{} // closed and renewed at each message
}

// Listen starts to hear what is said at a broker.
func Listen(broker string) (*Ear, error) {
	u, err := url.Parse(broker)
	if err != nil {
		return nil, err
	}
	e := &Ear{
		cmd:  exec.Command("mosquitto_sub", "-h", u.Hostname(), "-p", u.Port(), "-t", "te/#", "-F", "%t %p"),
		news: make(chan struct{}), Patience: Patience,
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	go e.hear(out)
	return e, nil
}

func (e *Ear) hear(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		topic, payload, _ := strings.Cut(lines.Text(), " ")
		fmt.Printf("  mqtt  %s %s\n", topic, shortened(payload))
		e.mu.Lock()
		e.heard = append(e.heard, Message{topic, payload, time.Now()})
		close(e.news)
		e.news = make(chan struct{})
		e.mu.Unlock()
	}
}

// Wait returns when a message that match takes has come, at or behind position
// from in what was heard, and returns the position behind it.
func (e *Ear) Wait(ctx context.Context, from int, what string, match func(Message) bool) (int, error) {
	timeout := time.NewTimer(e.Patience)
	defer timeout.Stop()
	for {
		e.mu.Lock()
		heard, news := e.heard, e.news
		e.mu.Unlock()
		for ; from < len(heard); from++ {
			if match(heard[from]) {
				return from + 1, nil
			}
		}
		select {
		case <-news:
		case <-timeout.C:
			return from, fmt.Errorf("no message on MQTT within %s: %s", e.Patience, what)
		case <-ctx.Done():
			return from, ctx.Err()
		}
	}
}

// now is the position behind all that was heard.
func (e *Ear) now() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.heard)
}

// Close ends it.
func (e *Ear) Close() {
	_ = e.cmd.Process.Kill()
	_ = e.cmd.Wait()
}

func shortened(payload string) string {
	const most = 150
	if len(payload) <= most {
		return payload
	}
	return payload[:most] + "…"
}

// Title begins a part of what is shown.
func Title(text string) { fmt.Printf("\n=== %s\n", text) }

// indented sets what a program prints apart from the rest.
type indented struct{ w *os.File }

func (i indented) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		fmt.Fprint(i.w, "  ", line)
	}
	return len(b), nil
}
