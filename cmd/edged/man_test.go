package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

//go:generate env EDGED_UPDATE=1 go test -run TestManual .

const (
	manFile  = "../../docs/man/edged.1"
	cliFile  = "../../docs/cli.md"
	exitsRow = "| code | meaning |"
)

// TestManual compares docs/man/edged.1 with the commands as they are;
// EDGED_UPDATE=1 writes it.
func TestManual(t *testing.T) {
	cli, err := os.ReadFile(cliFile)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{out: io.Discard, errOut: io.Discard}
	want := manual(a.newRootCommand(), exitStatus(t, string(cli)))
	if os.Getenv("EDGED_UPDATE") != "" {
		if err := os.WriteFile(manFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(manFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s differs from the commands: run go generate ./cmd/edged", manFile)
	}
}

// TestCommandsAreDocumented wants every command in the table of docs/cli.md.
func TestCommandsAreDocumented(t *testing.T) {
	cli, err := os.ReadFile(cliFile)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{out: io.Discard, errOut: io.Discard}
	for _, cmd := range commands(a.newRootCommand()) {
		if !strings.Contains(string(cli), "| `"+cmd.CommandPath()) {
			t.Errorf("%s has no row for %s", cliFile, cmd.CommandPath())
		}
	}
}

// commands returns every command that does something and that is for people.
func commands(cmd *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range cmd.Commands() {
		switch {
		case sub.Hidden || sub.Name() == "help" || sub.Name() == "completion":
		case sub.HasSubCommands():
			all = append(all, commands(sub)...)
		default:
			all = append(all, sub)
		}
	}
	return all
}

// exitStatus reads the table of exit codes.
func exitStatus(t *testing.T, cli string) [][2]string {
	t.Helper()
	_, rest, ok := strings.Cut(cli, exitsRow+"\n|---|---|\n")
	if !ok {
		t.Fatalf("%s has no table of exit codes", cliFile)
	}
	var codes [][2]string
	for line := range strings.Lines(rest) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 2 {
			break
		}
		codes = append(codes, [2]string{strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1])})
	}
	return codes
}

func manual(root *cobra.Command, codes [][2]string) string {
	m := &roff{}
	m.line(`.\" Written by go generate ./cmd/edged.`)
	m.line(".TH EDGED 1 \"\" edged \"User commands\"")
	m.section("NAME")
	m.text("edged - watch, update and report on the containers of a device")
	m.section("SYNOPSIS")
	m.line(".B edged")
	m.line(".I command")
	m.line("[\\fIargument\\fR ...] [\\fIflag\\fR ...]")
	m.section("DESCRIPTION")
	m.text("edged watches Docker or Podman, asks policy scripts before it changes anything, carries out updates as transactions, and reports over MQTT.")
	m.text("Most commands ask the running daemon over its socket.")
	m.section("COMMANDS")
	for _, cmd := range commands(root) {
		m.command(cmd)
	}
	m.section("FLAGS OF EVERY COMMAND")
	m.flags(root.PersistentFlags())
	m.section("EXIT STATUS")
	for _, c := range codes {
		m.item(c[0], strings.ReplaceAll(c[1], "`", ""))
	}
	m.section("FILES")
	m.item("/etc/edged/edged.yaml", "the main configuration file")
	m.item("/usr/share/edged/policy.d, /etc/edged/policy.d", "policy scripts; a file in the second takes the place of its namesake in the first")
	m.section("SEE ALSO")
	m.line(".BR edged-policy (5)")
	return m.String()
}

// roff writes a manual page.
type roff struct{ strings.Builder }

func (m *roff) line(text string) { m.WriteString(text + "\n") }

func (m *roff) section(name string) { m.line(".SH " + name) }

// text writes a paragraph.
func (m *roff) text(text string) {
	m.line(".PP")
	m.line(escapeRoff(text))
}

func (m *roff) item(term, text string) {
	m.line(".TP")
	m.line(".B " + escapeRoff(term))
	m.line(escapeRoff(text))
}

func (m *roff) command(cmd *cobra.Command) {
	m.line(".SS " + escapeRoff(strings.TrimPrefix(strings.TrimSuffix(cmd.UseLine(), " [flags]"), "edged ")))
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	m.line(escapeRoff(text))
	m.flags(cmd.NonInheritedFlags())
}

func (m *roff) flags(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if kind := f.Value.Type(); kind != "bool" {
			name += fmt.Sprintf(" %s", kind)
		}
		m.item(name, f.Usage)
	})
}

func escapeRoff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
