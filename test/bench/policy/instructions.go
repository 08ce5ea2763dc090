package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// machines are those that qemu stands in for.
func machines() []machine {
	return []machine{
		{"arm64", "qemu-aarch64-static", []string{"GOARCH=arm64"}},
		{"armv7", "qemu-arm-static", []string{"GOARCH=arm", "GOARM=7"}},
	}
}

type machine struct {
	name, qemu string
	env        []string
}

// countInstructions counts what one event takes: the difference between one
// event and more, over their number.
func countInstructions(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "edged-policy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, m := range machines() {
		if err := m.build(ctx, filepath.Join(dir, m.name)); err != nil {
			return err
		}
		for _, scripts := range []int{1, 20} {
			few, many := 1, 1+20/scripts
			a, err := m.count(ctx, filepath.Join(dir, m.name), few, scripts)
			if err != nil {
				return err
			}
			b, err := m.count(ctx, filepath.Join(dir, m.name), many, scripts)
			if err != nil {
				return err
			}
			row(fmt.Sprintf("event through %d scripts, %s", scripts, m.name), float64(b-a)/float64(many-few), "instructions")
		}
	}
	return nil
}

// build compiles this command for m.
func (m machine) build(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./test/bench/policy")
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), m.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("build for %s: %w: %s", m.name, err, out)
	}
	return nil
}

// count runs so many events under qemu and returns how many instructions the
// first thread took, which is the one that asks. Debian's qemu has no plugin that
// counts, but writes down every block that it translates and every block that it
// runs. What Go does by the clock is left out: it is emulated too slowly for that.
func (m machine) count(ctx context.Context, path string, events, scripts int) (int, error) {
	cmd := exec.CommandContext(ctx, m.qemu, "-d", "in_asm,exec,nochain", path,
		"-events", strconv.Itoa(events), "-scripts", strconv.Itoa(scripts))
	cmd.Env = append(os.Environ(), "GOGC=off", "GODEBUG=asyncpreemptoff=1")
	log, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("count instructions on %s: %w", m.name, err)
	}
	n, err := instructions(log)
	if err := cmd.Wait(); err != nil {
		return 0, fmt.Errorf("count instructions on %s: %w", m.name, err)
	}
	return n, err
}

// instructions reads a log of qemu's. A block is listed when it is translated,
// one line "0xADDRESS:  CODE  MNEMONIC" an instruction, and a line
// "Trace 0: HOST [BASE/ADDRESS/FLAGS/FLAGS] SYMBOL" stands for each run of it.
func instructions(log io.Reader) (int, error) {
	lengths := map[uint64]int{}
	var block uint64
	total := 0
	lines := bufio.NewReaderSize(log, 1<<20)
	for {
		line, err := lines.ReadSlice('\n')
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return 0, err
		}
		switch {
		case bytes.HasPrefix(line, []byte("IN:")):
			block = 0
		case bytes.HasPrefix(line, []byte("0x")):
			address, _, _ := bytes.Cut(line[2:], []byte(":"))
			if block == 0 {
				block = hexadecimal(address)
				lengths[block] = 0
			}
			lengths[block]++
		case bytes.HasPrefix(line, []byte("Trace 0:")):
			_, rest, _ := bytes.Cut(line, []byte("/"))
			address, _, _ := bytes.Cut(rest, []byte("/"))
			total += lengths[hexadecimal(address)]
		}
	}
}

func hexadecimal(digits []byte) uint64 {
	n, _ := strconv.ParseUint(string(digits), 16, 64)
	return n
}
