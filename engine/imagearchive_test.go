package engine

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"runtime"
	"testing"
)

// archiveImage is an image to be packed as `docker save` does. It has one small layer and no program in it.
type archiveImage struct {
	name   string // "" for an image without a name
	arch   string // "" for this machine's
	config map[string]any
}

// imageArchive packs images as a docker-archive.
func imageArchive(t testing.TB, images ...archiveImage) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	layer := tarOf(t, map[string]string{"etc/passwd": "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"})
	layerID := sha256Hex(layer)
	add(t, w, layerID+"/layer.tar", layer)
	var manifest []map[string]any
	for _, image := range images {
		arch := image.arch
		if arch == "" {
			arch = runtime.GOARCH
		}
		config := encode(t, map[string]any{
			"architecture": arch, "os": "linux", "created": "2024-01-01T00:00:00Z", "config": image.config,
			"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + layerID}},
			"history": []any{map[string]any{"created": "2024-01-01T00:00:00Z", "comment": image.name}},
		})
		name := sha256Hex(config) + ".json"
		add(t, w, name, config)
		entry := map[string]any{"Config": name, "Layers": []string{layerID + "/layer.tar"}}
		if image.name != "" {
			entry["RepoTags"] = []string{image.name}
		}
		manifest = append(manifest, entry)
	}
	add(t, w, "manifest.json", encode(t, manifest))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tarOf(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for name, text := range files {
		add(t, w, name, []byte(text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func add(t testing.TB, w *tar.Writer, name string, data []byte) {
	t.Helper()
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
