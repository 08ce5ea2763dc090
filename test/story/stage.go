package story

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"edged/test/lab"
)

// Patience is how long a step may take that should be over in a second or two.
const Patience = 30 * time.Second

// Stage is where the story plays.
type Stage struct {
	Image  func(name string) string // the full name of one of the lab's images
	Engine lab.Engine
	Ear    *Ear

	// CLI runs edged's command line and returns its exit code.
	CLI func(ctx context.Context, output io.Writer, args ...string) (code int, err error)
}

// policies are those of scripts/lua that the story needs.
var policies = []string{"10-trusted-registry.lua", "20-maintenance-window.lua", "30-unhealthy-restart.lua"}

// WritePolicy copies shipped policies from a folder to a new one, and has them trust the registry as an operator would:
// by a changed copy.
func WritePolicy(shipped, dir, registry string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range policies {
		text, err := os.ReadFile(filepath.Join(shipped, file))
		if err != nil {
			return err
		}
		edited := strings.ReplaceAll(string(text), "registry.example.com", registry)
		if err := os.WriteFile(filepath.Join(dir, file), []byte(edited), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// cli runs edged's command line, shows it and returns what it printed.
func (s *Stage) cli(ctx context.Context, want int, args ...string) (string, error) {
	fmt.Printf("$ edged %s\n", strings.Join(args, " "))
	ctx, cancel := context.WithTimeout(ctx, s.Ear.Patience)
	defer cancel()
	var printed strings.Builder
	code, err := s.CLI(ctx, io.MultiWriter(&printed, indented{os.Stdout}), args...)
	if err != nil {
		return "", err
	}
	if code != want {
		return "", fmt.Errorf("edged %s: exit code %d, want %d", strings.Join(args, " "), code, want)
	}
	return printed.String(), nil
}

// docker runs the engine's own command line and shows it.
func (s *Stage) docker(ctx context.Context, args ...string) (string, error) {
	fmt.Printf("$ docker %s\n", strings.Join(args, " "))
	return s.Engine.Try(ctx, args...)
}
