package engine

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"edged/test/lab"
)

func TestLoadImages(t *testing.T) {
	lab.Shared(t).EachEngine(t, func(t *testing.T, e lab.Engine) {
		c := testClient(t, e)
		a, b := "localhost/"+lab.Name(t, "a")+":1", "localhost/"+lab.Name(t, "b")+":2"
		t.Cleanup(func() { _, _ = e.Try(context.Background(), "rmi", "--force", a, b) })
		one := imageArchive(t, archiveImage{name: a, config: map[string]any{"Cmd": []string{"a"}}})
		two := imageArchive(t, archiveImage{name: a, config: map[string]any{"Cmd": []string{"a"}}}, archiveImage{name: b, config: map[string]any{"Cmd": []string{"b"}}})
		for name, test := range map[string]struct {
			data []byte
			want []string
		}{
			"image.tar": {one, []string{a}}, "images.tar": {two, []string{a, b}},
			"image.tar.gz": {zipped(t, one), []string{a}}, "image.tar.zst": {zstandard(t, two), []string{a, b}},
		} {
			got, err := c.LoadImages(t.Context(), fileOf(t, name, test.data))
			slices.Sort(got)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s: %q, %v; want %q", name, got, err, test.want)
			}
		}
		if got, err := c.LoadImageFromFile(t.Context(), fileOf(t, "image.tar", one), a); err != nil || got != a {
			t.Errorf("load %s: %s, %v", a, got, err)
		}
		if _, err := c.LoadImageFromFile(t.Context(), fileOf(t, "image.tar", one), b); !errors.Is(err, ErrNoImage) {
			t.Errorf("load what isn't in the file: %v", err)
		}
	})
}

func TestLoadImageWithoutName(t *testing.T) {
	lab.Shared(t).EachEngine(t, func(t *testing.T, e lab.Engine) {
		data := imageArchive(t, archiveImage{config: map[string]any{"Cmd": []string{t.Name()}}})
		names, err := testClient(t, e).LoadImages(t.Context(), fileOf(t, "image.tar", data))
		if err != nil || len(names) != 1 || !strings.HasPrefix(names[0], "sha256:") {
			t.Fatalf("%q, %v", names, err)
		}
		e.Run(t, "rmi", names[0])
	})
}

func TestLoadBadArchive(t *testing.T) {
	lab.Shared(t).EachEngine(t, func(t *testing.T, e lab.Engine) {
		c := testClient(t, e)
		good := imageArchive(t, archiveImage{name: "localhost/bad:1", config: map[string]any{}})
		for name, data := range map[string][]byte{
			"empty": nil, "text": []byte("this is no archive at all"), "cut": good[:len(good)/2],
			"cut.gz": zipped(t, good)[:200], "cut.zst": zstandard(t, good)[:200], "other.tar": tarOf(t, map[string]string{"a": "b"}),
		} {
			if names, err := c.LoadImages(t.Context(), fileOf(t, name, data)); err == nil {
				t.Errorf("%s: %q and no error", name, names)
			}
		}
		if _, err := c.LoadImages(t.Context(), "/none"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("no file: %v", err)
		}
	})
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
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstandard(t *testing.T, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}
