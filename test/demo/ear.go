package main

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

// message is an MQTT message as it came.
type message struct {
	topic, payload string
	at             time.Time
}

// ear shows every message below te/ and remembers it for those who wait.
type ear struct {
	cmd *exec.Cmd

	mu    sync.Mutex
	heard []message
	news  chan struct{} // closed and renewed at each message
}

func listen(broker string) (*ear, error) {
	u, err := url.Parse(broker)
	if err != nil {
		return nil, err
	}
	e := &ear{
		cmd:  exec.Command("mosquitto_sub", "-h", u.Hostname(), "-p", u.Port(), "-t", "te/#", "-F", "%t %p"),
		news: make(chan struct{}),
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

func (e *ear) hear(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		topic, payload, _ := strings.Cut(lines.Text(), " ")
		fmt.Printf("  mqtt  %s %s\n", topic, shortened(payload))
		e.mu.Lock()
		e.heard = append(e.heard, message{topic, payload, time.Now()})
		close(e.news)
		e.news = make(chan struct{})
		e.mu.Unlock()
	}
}

// wait returns when a message that match takes has come, at or behind position
// from in what was heard, and returns the position behind it.
func (e *ear) wait(ctx context.Context, from int, what string, match func(message) bool) (int, error) {
	timeout := time.NewTimer(patience)
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
			return from, fmt.Errorf("no message on MQTT within %s: %s", patience, what)
		case <-ctx.Done():
			return from, ctx.Err()
		}
	}
}

// now is the position behind all that was heard.
func (e *ear) now() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.heard)
}

func (e *ear) close() {
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

func title(text string) { fmt.Printf("\n=== %s\n", text) }

// indented sets what a program prints apart from the rest.
type indented struct{ w *os.File }

func (i indented) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		fmt.Fprint(i.w, "  ", line)
	}
	return len(b), nil
}
