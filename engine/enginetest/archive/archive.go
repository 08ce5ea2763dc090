// Package archive makes image archives, as `docker save` does, for tests of any package.
package archive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"runtime"
	"testing"
)

// Image is an image to be packed. It has one small layer and no program in it.
type Image struct {
	Name   string // "" for an image without a name
	Arch   string // "" for this machine's
	Config map[string]any
}

// Pack packs images as a docker-archive.
func Pack(t testing.TB, images ...Image) []byte {
	t.Helper()
	layer := Tar(t, map[string]string{"etc/passwd": "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"})
	layerID := digest(layer)
	files := map[string]string{layerID + "/layer.tar": string(layer)}
	var manifest []map[string]any
	for _, image := range images {
		config := encode(t, image.config(layerID))
		name := digest(config) + ".json"
		files[name] = string(config)
		entry := map[string]any{"Config": name, "Layers": []string{layerID + "/layer.tar"}}
		if image.Name != "" {
			entry["RepoTags"] = []string{image.Name}
		}
		manifest = append(manifest, entry)
	}
	files["manifest.json"] = string(encode(t, manifest))
	return Tar(t, files)
}

func (i Image) config(layerID string) map[string]any {
	arch := i.Arch
	if arch == "" {
		arch = runtime.GOARCH
	}
	return map[string]any{
		"architecture": arch, "os": "linux", "created": "2024-01-01T00:00:00Z", "config": i.Config,
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + layerID}},
		"history": []any{map[string]any{"created": "2024-01-01T00:00:00Z", "comment": i.Name}},
	}
}

// Tar packs files, path to text.
func Tar(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
