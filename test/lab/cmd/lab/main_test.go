package main

import (
	"bytes"
	"os"
	"testing"
)

func TestRunExitsAsTheCommandDid(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the lab needs root")
	}
	for _, test := range []struct {
		script string
		want   int
	}{
		{`test -n "$EDGED_LAB_DIR" && test -d "$EDGED_LAB_DIR"`, 0},
		{"exit 7", 7},
		{"kill -9 $$", exitFailed},
	} {
		var stdout, stderr bytes.Buffer
		args := []string{"--no-docker", "--no-podman", "--no-mqtt", "--no-registry", "run", "--", "sh", "-c", test.script}
		got, err := run(t.Context(), args, &stdout, &stderr)
		if got != test.want {
			t.Errorf("%s: status %d, want %d: %v", test.script, got, test.want, err)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{nil, {"down"}, {"run"}, {"run", "--"}, {"up", "extra"}, {"--no-such", "up"}} {
		var stdout, stderr bytes.Buffer
		if got, _ := run(t.Context(), args, &stdout, &stderr); got != exitUsage {
			t.Errorf("%v: status %d, want %d", args, got, exitUsage)
		}
		if !bytes.Contains(stderr.Bytes(), []byte("usage: lab")) {
			t.Errorf("%v: no usage in %q", args, stderr.String())
		}
	}
}
