// Command size prints the bytes of each binary in dist/ and fails when one is
// over its budget in test/size/budget.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	dist   = "dist"
	budget = "test/size/budget"
)

func main() {
	if err := check(); err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

func check() error {
	f, err := os.Open(budget)
	if err != nil {
		return err
	}
	defer f.Close()
	var over []string
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		var name string
		var limit int64
		if _, err := fmt.Sscan(text, &name, &limit); err != nil {
			return fmt.Errorf("%s:%d: want a binary's name and its bytes: %w", budget, n, err)
		}
		info, err := os.Stat(filepath.Join(dist, name))
		if err != nil {
			return err
		}
		fmt.Printf("%-22s %10d of %10d bytes\n", name, info.Size(), limit)
		if info.Size() > limit {
			over = append(over, name)
		}
	}
	if len(over) > 0 {
		return fmt.Errorf("over budget: %s", strings.Join(over, ", "))
	}
	return lines.Err()
}
