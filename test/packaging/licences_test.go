// Package packaging tests what is made to be built into device images: the Yocto layer, the Buildroot tree, the services of
// the init systems and the Debian package.
package packaging

import (
	"crypto/md5"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

//go:generate go test -run TestLicences -update .

var update = flag.Bool("update", false, "write what is generated into the packaging files")

const (
	root = "../.."
	own  = "Apache-2.0"

	// goLicence is that of Go's runtime and standard library, which are in every binary.
	goLicence = "BSD-3-Clause"
)

// module is a library in the binary.
type module struct {
	path, version string
	licence       string // SPDX
	file          string // path of its licence in the source with vendor/
	text          []byte
}

// linked are the modules in the binary. They are the same for every ARM.
func linked(t *testing.T) []module {
	t.Helper()
	var found []module
	for i, arm := range [][]string{{"GOARCH=arm64"}, {"GOARCH=arm", "GOARM=5"}, {"GOARCH=arm", "GOARM=7"}} {
		these := linkedFor(t, arm)
		if i > 0 && !slices.EqualFunc(these, found, func(a, b module) bool { return a.path == b.path }) {
			t.Fatalf("%v has other modules than the first architecture", arm)
		}
		found = these
	}
	return found
}

func linkedFor(t *testing.T, arch []string) []module {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-tags", "nethttpomithttp2", "-f", "{{with .Module}}{{.Path}} {{.Version}} {{.Dir}}{{end}}", "./cmd/edged")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), append(arch, "GOOS=linux", "CGO_ENABLED=0")...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(out), "\n")
	slices.Sort(lines)
	var found []module
	for _, line := range slices.Compact(lines) {
		fields := strings.Fields(line)
		if len(fields) < 3 || strings.HasPrefix(fields[2], here+"/") { // nothing, edged itself, or what we replace by our own
			continue
		}
		found = append(found, read(t, fields[0], fields[1], fields[2]))
	}
	if len(found) < 5 {
		t.Fatalf("go list named %d modules only", len(found))
	}
	return found
}

func read(t *testing.T, path, version, dir string) module {
	t.Helper()
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		licence := spdx(string(text))
		if licence == "" {
			t.Fatalf("%s: no known licence in %s", path, name)
		}
		return module{path: path, version: version, licence: licence, file: "vendor/" + path + "/" + name, text: text}
	}
	t.Fatalf("%s: no licence in %s", path, dir)
	return module{}
}

// spdx recognises the licences that our libraries have.
func spdx(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	has := func(s string) bool { return strings.Contains(text, s) }
	bsd := has("Redistributions of source code must retain")
	var all []string
	switch {
	case has("under the terms of the Eclipse Public License v2.0 and Eclipse Distribution License v1.0"): // which is BSD-3-Clause
		return "EPL-2.0 | BSD-3-Clause"
	case has("Eclipse Public License"), has("GNU "), has("Mozilla Public License"):
		return ""
	case bsd && has("either the name") || bsd && has("may not be used to endorse or promote products"):
		all = append(all, "BSD-3-Clause")
	case bsd:
		all = append(all, "BSD-2-Clause")
	}
	if has("Apache License") && has("Version 2.0") {
		all = append(all, "Apache-2.0")
	}
	if has("Permission is hereby granted, free of charge") {
		all = append(all, "MIT")
	}
	slices.Sort(all)
	return strings.Join(all, " & ")
}

// expression is the licence of the whole binary.
func expression(modules []module) string {
	parts := []string{own, goLicence}
	for _, m := range modules {
		if strings.Contains(m.licence, "|") {
			parts = append(parts, "("+m.licence+")")
			continue
		}
		parts = append(parts, strings.Split(m.licence, " & ")...)
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " & ")
}

func TestLicences(t *testing.T) {
	modules := linked(t)
	ours, err := os.ReadFile(filepath.Join(root, "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	all := append([]module{{file: "LICENSE", text: ours}}, modules...)

	var list, chksum, files, hashes strings.Builder
	fmt.Fprintf(&list, "\nThe program contains Go's standard library (%s) and these modules:\n\n", goLicence)
	for _, m := range modules {
		fmt.Fprintf(&list, "%s %s: %s\n", m.path, m.version, strings.ReplaceAll(m.licence, "|", "or"))
	}
	for i, m := range all {
		fmt.Fprintf(&chksum, "    file://%s;md5=%x \\\n", m.file, md5.Sum(m.text))
		end := " \\"
		if i == len(all)-1 {
			end = ""
		}
		fmt.Fprintf(&files, "\t%s%s\n", m.file, end)
		fmt.Fprintf(&hashes, "sha256  %x  %s\n", sha256.Sum256(m.text), m.file)
	}
	const by = "# Written by go generate ./test/packaging.\n"
	whole(t, "packaging/licences.txt", list.String())
	whole(t, "yocto/meta-tedge-container/recipes-edged/edged/edged-licences.inc",
		by+"LICENSE = \""+expression(modules)+"\"\nLIC_FILES_CHKSUM = \"\\\n"+chksum.String()+"\"\n")
	buildroot := strings.NewReplacer(" & ", ", ", " | ", " or ", "(", "", ")", "").Replace(expression(modules))
	part(t, "buildroot/package/edged/edged.mk", "EDGED_LICENSE = "+buildroot+"\nEDGED_LICENSE_FILES = \\\n"+files.String())
	part(t, "buildroot/package/edged/edged.hash", hashes.String())
}

// whole compares a generated file, or writes it.
func whole(t *testing.T, name, want string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(root, name))
	if err != nil && !*update {
		t.Fatal(err)
	}
	settle(t, name, string(got), want)
}

// part does so between two comments.
func part(t *testing.T, name, want string) {
	t.Helper()
	const begin, end = "# licences: written by go generate ./test/packaging\n", "# end of licences\n"
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !begun || !ended {
		t.Fatalf("%s has no place for the licences", name)
	}
	settle(t, name, string(text), before+begin+want+end+after)
}

func settle(t *testing.T, name, got, want string) {
	t.Helper()
	switch {
	case got == want:
	case *update:
		if err := os.WriteFile(filepath.Join(root, name), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not true of go.mod any more: run go generate ./test/packaging", name)
	}
}

func TestUnknownLicence(t *testing.T) {
	for text, want := range map[string]string{
		"Do as you like.": "",
		"GNU GENERAL PUBLIC LICENSE ... Permission is hereby granted, free of charge": "",
		"Permission is hereby granted, free of\ncharge, to any person":                "MIT",
	} {
		if got := spdx(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
