package lua

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"edged/hooks"
)

func TestFiles(t *testing.T) {
	files := func(o *Options) {
		o.Files = fstest.MapFS{
			"run/app/lock": {Data: []byte("busy")}, "run/app/b.json": {Data: []byte("{}")}, "run/app/a.json": {},
			"run/app/big": {Data: make([]byte, maxFile+1)}, "run/other": {Data: []byte("secret")}, "run/app/sub/x": {Data: []byte("x")},
		}
	}
	for expr, want := range map[string]string{
		`edged.file.read("/run/app/lock")`:                                        "busy",
		`edged.file.read("/run/app/sub/x")`:                                       "x",
		`select(2, edged.file.read("/run/app/none"))`:                             "/run/app/none: does not exist",
		`select(2, edged.file.read("/run/app/big"))`:                              "/run/app/big: has more than 64 KiB",
		`select(2, edged.file.read("/run/app/sub"))`:                              "/run/app/sub: is no file",
		`edged.file.exists("/run/app/lock")`:                                      "true",
		`edged.file.exists("/run/app/sub")`:                                       "true",
		`edged.file.exists("/run/app/none")`:                                      "false",
		`table.concat(edged.file.glob("/run/app/*.json"), " ")`:                   "/run/app/a.json /run/app/b.json",
		`#edged.file.glob("/run/app/*.none")`:                                     "0",
		`edged.file.read("/run/other")`:                                           "'/run/other' is in none of the file's needs; declare it with edged.needs { \"file.read:/run/other\" }",
		`edged.file.read("/run/app/../other")`:                                    "a path is absolute and clean",
		`edged.file.read("/run/app/*")`:                                           "takes one file; edged.file.glob takes patterns",
		`edged.file.glob("/run/app/*/x")`:                                         "only the last part of a pattern can have a *",
		`edged.file.glob("/run/app/**")`:                                          "only the last part of a pattern can have a *",
		`edged.file.exists("/run/app/lock") and edged.file.read("/run/app/lock")`: "busy",
	} {
		s := one(t, `edged.needs { "file.read:/run/app/**" } `+pull(`return edged.deny(tostring((`+expr+`)))`), files, granted(hooks.Grants{Paths: []string{"/run/**"}}))
		if got := answer(t, s, pullEvent("a")); !strings.Contains(got.Reason, want) {
			t.Errorf("%s = %q, want %q", expr, got.Reason, want)
		}
	}
}

// Whoever may write into the folder that is granted must not have other files
// shown, or the daemon stopped.
func TestFilesOfTheDevice(t *testing.T) {
	dir := t.TempDir()
	app := filepath.Join(dir, "app")
	if err := os.MkdirAll(app, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{"secret": "secret", "app/lock": "busy"} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"app/out": "../secret", "app/abs": "/etc/passwd", "app/in": "lock"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(app, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	grant := granted(hooks.Grants{Paths: []string{app + "/**"}})
	for name, want := range map[string]string{"lock": "busy", "in": "busy", "out": "path escapes", "abs": "path escapes", "pipe": "is no file", "none": "does not exist"} {
		s := one(t, `edged.needs { "file.read:`+app+`/*" } `+pull(`local text, err = edged.file.read("`+app+"/"+name+`") return edged.deny(text or err)`), grant)
		if got := answer(t, s, pullEvent("a")); !strings.Contains(got.Reason, want) || strings.Contains(got.Reason, "secret") {
			t.Errorf("%s: %q, want %q", name, got.Reason, want)
		}
	}
}
