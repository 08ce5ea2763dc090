package enginetest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/klauspost/compress/zstd"

	"edged/engine"
	"edged/engine/enginetest/archive"
)

// loading has the promises about images from files, and about removing those that nobody uses.
func loading() []behaviour {
	return []behaviour{
		{"LoadImages", loadImages},
		{"LoadImageWithoutName", loadImageWithoutName},
		{"LoadBadArchive", loadBadArchive},
	}
}

func loadImages(t *testing.T, target Target) {
	c := target.Client
	a, b := "localhost/"+name(t, "-a")+":1", "localhost/"+name(t, "-b")+":2"
	target.removeImage(t, a)
	target.removeImage(t, b)
	one := archive.Pack(t, archive.Image{Name: a, Config: map[string]any{"Cmd": []string{"a"}}})
	two := archive.Pack(t, archive.Image{Name: a, Config: map[string]any{"Cmd": []string{"a"}}},
		archive.Image{Name: b, Config: map[string]any{"Cmd": []string{"b"}}})
	for name, test := range map[string]struct {
		data []byte
		want []string
	}{
		"image.tar": {one, []string{a}}, "images.tar": {two, []string{a, b}},
		"image.tar.gz": {zipped(t, one), []string{a}}, "image.tar.zst": {zstandard(t, two), []string{a, b}},
	} {
		got, err := c.LoadImages(within(t), fileOf(t, name, test.data))
		slices.Sort(got)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, test.want)
		}
	}
	if got, err := c.LoadImageFromFile(within(t), fileOf(t, "image.tar", one), a); err != nil || got != a {
		t.Errorf("load %s: %s, %v", a, got, err)
	}
	if _, err := c.LoadImageFromFile(within(t), fileOf(t, "image.tar", one), b); !errors.Is(err, engine.ErrNoImage) {
		t.Errorf("load what isn't in the file: %v", err)
	}
}

func loadImageWithoutName(t *testing.T, target Target) {
	data := archive.Pack(t, archive.Image{Config: map[string]any{"Cmd": []string{t.Name()}}})
	names, err := target.Client.LoadImages(within(t), fileOf(t, "image.tar", data))
	if err != nil || len(names) != 1 || !strings.HasPrefix(names[0], "sha256:") {
		t.Fatalf("%q, %v", names, err)
	}
	if _, err := target.Client.Client.ImageRemove(within(t), names[0], image.RemoveOptions{}); err != nil {
		t.Error(err)
	}
}

func loadBadArchive(t *testing.T, target Target) {
	good := archive.Pack(t, archive.Image{Name: "localhost/bad:1", Config: map[string]any{}})
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("this is no archive at all"), "cut": good[:len(good)/2],
		"cut.gz": zipped(t, good)[:200], "cut.zst": zstandard(t, good)[:200], "other.tar": archive.Tar(t, map[string]string{"a": "b"}),
	} {
		if names, err := target.Client.LoadImages(within(t), fileOf(t, name, data)); err == nil {
			t.Errorf("%s: %q and no error", name, names)
		}
	}
	if _, err := target.Client.LoadImages(within(t), "/none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// prune removes images that other tests need, so the target must be the test's own.
func prune(t *testing.T, target Target) {
	data := archive.Pack(t, archive.Image{Name: "localhost/used:1", Config: map[string]any{"Cmd": []string{"used"}}},
		archive.Image{Name: "localhost/unused:1", Config: map[string]any{"Cmd": []string{"unused"}}})
	if _, err := target.Client.LoadImages(within(t), fileOf(t, "images.tar", data)); err != nil {
		t.Fatal(err)
	}
	user := name(t, "")
	target.remove(t, user)
	if _, err := target.Client.Create(within(t), engine.CreateSpec{Name: user, Image: "localhost/used:1"}); err != nil {
		t.Fatal(err)
	}
	report, err := target.Client.ImagesPruneUnused(within(t))
	if err != nil || len(report.ImagesDeleted) == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	for ref, want := range map[string]bool{"localhost/used:1": true, "localhost/unused:1": false} {
		if _, err := target.Client.Client.ImageInspect(within(t), ref); (err == nil) != want {
			t.Errorf("%s: there %v, want %v", ref, err == nil, want)
		}
	}
}

func fileOf(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	return packed(t, &out, gzip.NewWriter(&out), data)
}

func zstandard(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	return packed(t, &out, w, data)
}

func packed(t *testing.T, out *bytes.Buffer, w io.WriteCloser, data []byte) []byte {
	t.Helper()
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
