package engine

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
)

// frame is one frame of a multiplexed log.
func frame(stream byte, text string) string {
	n := len(text)
	return string([]byte{stream, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + text
}

func TestDemultiplex(t *testing.T) {
	tests := []struct{ name, in, stdout, stderr, err string }{
		{"nothing", "", "", "", ""},
		{"both", frame(1, "a\n") + frame(2, "b\n") + frame(0, "c") + frame(1, ""), "a\nc", "b\n", ""},
		{"cut off in a header", frame(1, "a") + "\x01\x00", "a", "", "unexpected EOF"},
		{"cut off in a frame", frame(2, "abc")[:10], "", "ab", "EOF"},
		{"unknown stream", frame(9, "a"), "", "", "unknown stream 9"},
		{"the engine's complaint", frame(1, "a") + frame(3, "disk full"), "a", "", "disk full"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			err := demultiplex(&stdout, &stderr, strings.NewReader(test.in))
			if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if stdout.String() != test.stdout || stderr.String() != test.stderr {
				t.Errorf("got %q and %q", stdout.String(), stderr.String())
			}
		})
	}
}

func TestDemultiplexNeedsNoMemoryForHugeFrames(t *testing.T) {
	huge := io.MultiReader(strings.NewReader("\x01\x00\x00\x00\xff\xff\xff\xff"), io.LimitReader(&endless{}, 100<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := demultiplex(io.Discard, io.Discard, huge); err == nil {
		t.Error("a frame cut off passed for whole")
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("took %d bytes", used)
	}
}

func TestContainerLogs(t *testing.T) {
	f := newFake(t)
	f.answer("/containers/plain/json", `{"Config":{"Tty":false}}`)
	f.answer("/containers/plain/logs", frame(1, "out\n")+frame(2, "err\n"))
	f.answer("/containers/tty/json", `{"Config":{"Tty":true}}`)
	f.answer("/containers/tty/logs", "raw\r\n")
	f.answer("/containers/broken/json", `{"Config":{"Tty":false}}`)
	f.answer("/containers/broken/logs", "raw text where frames should be")
	c := f.client(t)
	for name, want := range map[string]string{"plain": "out\nerr\n", "tty": "raw\r\n"} {
		var out bytes.Buffer
		if err := c.ContainerLogs(t.Context(), &out, name, LogsOptions{}); err != nil || out.String() != want {
			t.Errorf("%s: %q, %v", name, out.String(), err)
		}
	}
	if err := c.ContainerLogs(t.Context(), io.Discard, "broken", LogsOptions{}); err == nil {
		t.Error("broken frames accepted")
	}
}
