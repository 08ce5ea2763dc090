package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive makes a tar of the headers; a file's contents are its name.
func archive(t testing.TB, format tar.Format, headers ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range headers {
		h.Format = format
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if h.Typeflag == 0 || h.Typeflag == tar.TypeReg {
			h.Size = int64(len(h.Name))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(h.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipped(t testing.TB, data []byte) []byte {
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

// zipArchive makes a zip of files; a file's contents are its name.
func zipArchive(t testing.TB, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// unpacked puts data into a folder beside which there is nothing else.
func unpacked(t testing.TB, data []byte) (dir string, isArchive bool, err error) {
	t.Helper()
	base := t.TempDir()
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(base, "in", "project")
	isArchive, err = Project(file, dir)
	names, _ := filepath.Glob(filepath.Join(base, "*"))
	more, _ := filepath.Glob(filepath.Join(base, "in", "*"))
	if len(names)+len(more) > 3 {
		t.Errorf("put elsewhere: %q", append(names, more...))
	}
	return dir, isArchive, err
}

func TestComposeFileAlone(t *testing.T) {
	for _, text := range []string{"services: {}\n", "", strings.Repeat("# long\n", 1000)} {
		dir, isArchive, err := unpacked(t, []byte(text))
		if err != nil || isArchive {
			t.Errorf("an archive: %t, %v", isArchive, err)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, "docker-compose.yaml")); string(got) != text {
			t.Errorf("got %q", got)
		}
	}
}

func TestArchives(t *testing.T) {
	long := strings.Repeat("folder/", 40) + "file"
	for name, format := range map[string]tar.Format{"ustar": tar.FormatUSTAR, "pax": tar.FormatPAX, "gnu": tar.FormatGNU} {
		t.Run(name, func(t *testing.T) {
			files := []tar.Header{
				{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755},
				{Name: "./docker-compose.yaml"}, {Name: "bin/run", Mode: 0o4755}, {Name: "deep/er/empty/", Typeflag: tar.TypeDir, Mode: 0o755},
				{Name: strings.Repeat("p", 90) + "/" + strings.Repeat("n", 90)},
			}
			if format != tar.FormatUSTAR {
				files = append(files, tar.Header{Name: long})
			}
			data := archive(t, format, files...)
			for _, d := range [][]byte{data, zipped(t, data)} {
				dir, isArchive, err := unpacked(t, d)
				if err != nil || !isArchive {
					t.Fatalf("an archive: %t, %v", isArchive, err)
				}
				for _, h := range files {
					info, err := os.Stat(filepath.Join(dir, h.Name))
					if err != nil || info.IsDir() != (h.Typeflag == tar.TypeDir) {
						t.Errorf("%s: %v", h.Name, err)
						continue
					}
					if got, _ := os.ReadFile(filepath.Join(dir, h.Name)); !info.IsDir() && string(got) != h.Name {
						t.Errorf("%s: %q", h.Name, got)
					}
				}
				if info, err := os.Stat(filepath.Join(dir, "bin/run")); err != nil || info.Mode() != 0o755 {
					t.Errorf("mode %v, %v", info.Mode(), err)
				}
			}
		})
	}
}

func TestArchivesAreRefused(t *testing.T) {
	good := archive(t, tar.FormatUSTAR, tar.Header{Name: "a"}, tar.Header{Name: strings.Repeat("b", 99)})
	wrong := bytes.Clone(good)
	wrong[0] = 'z'
	for says, data := range map[string][]byte{
		"elsewhere":      archive(t, tar.FormatUSTAR, tar.Header{Name: "../../evil"}),
		"is elsewhere":   archive(t, tar.FormatUSTAR, tar.Header{Name: "/evil"}),
		"links":          archive(t, tar.FormatUSTAR, tar.Header{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc"}),
		"are not taken":  archive(t, tar.FormatUSTAR, tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "b"}),
		"sum is wrong":   wrong,
		"unexpected EOF": good[:1024+512+20],
		"no tar in it":   zipped(t, []byte("text")),
		"unpack":         zipped(t, good)[:60],
		"zip archives are not read; pack it as tar.gz": zipArchive(t, "docker-compose.yaml"),
		"as tar.gz": zipArchive(t),
	} {
		if _, _, err := unpacked(t, data); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
	if dir, isArchive, _ := unpacked(t, zipArchive(t, "docker-compose.yaml", "../evil")); !isArchive || len(entries(t, dir)) > 0 {
		t.Errorf("of a zip there is %q, an archive: %t", entries(t, dir), isArchive)
	}
	if _, err := Project(filepath.Join(t.TempDir(), "none"), t.TempDir()); err == nil {
		t.Error("no file is no error")
	}
}

func entries(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Whatever is in an archive, nothing is put elsewhere, and nothing but files and folders is made.
func FuzzProject(f *testing.F) {
	f.Add(archive(f, tar.FormatPAX, tar.Header{Name: "a"}, tar.Header{Name: strings.Repeat("x/", 100) + "y"}))
	f.Add(archive(f, tar.FormatGNU, tar.Header{Name: strings.Repeat("x/", 100) + "y"}, tar.Header{Name: "../a"}))
	f.Add(zipArchive(f, "docker-compose.yaml", "../a"))
	f.Add(zipArchive(f))
	f.Add(zipped(f, zipArchive(f, "a")))
	f.Add([]byte("services: {}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir, _, _ := unpacked(t, data)
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if kind := d.Type(); kind != 0 && kind != fs.ModeDir {
				t.Errorf("%s is %v", path, kind)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
