package lab

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"
)

// ImageSpec describes an image to be made of busybox and a few files. It needs no network and no engine.
type ImageSpec struct {
	Name   string            // repository and tag, such as web:2
	Arch   string            // as in GOARCH; the machine's when empty
	Files  map[string]string // programs to add: path to text
	Config ImageConfig
}

// ImageConfig is what containers of the image do by default, with the field names of Docker's image configuration.
type ImageConfig struct {
	Cmd          []string            `json:",omitempty"`
	Entrypoint   []string            `json:",omitempty"`
	Env          []string            `json:",omitempty"`
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Healthcheck  *Healthcheck        `json:",omitempty"`
	Labels       map[string]string   `json:",omitempty"`
	StopSignal   string              `json:",omitempty"`
	User         string              `json:",omitempty"`
	WorkingDir   string              `json:",omitempty"`
}

// Healthcheck is a HEALTHCHECK; durations are in nanoseconds on the wire, as time.Duration is.
type Healthcheck struct {
	Test        []string
	Interval    time.Duration `json:",omitempty"`
	Timeout     time.Duration `json:",omitempty"`
	StartPeriod time.Duration `json:",omitempty"`
	Retries     int           `json:",omitempty"`
}

// Media types of Docker's image manifest, version 2 schema 2. OCI's would lose the health check.
const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	listType     = "application/vnd.docker.distribution.manifest.list.v2+json"
	configType   = "application/vnd.docker.container.image.v1+json"
	layerType    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

type blob struct {
	mediaType string
	data      []byte
}

func (b blob) digest() string { return digestOf(b.data) }

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

type descriptor struct {
	MediaType string            `json:"mediaType"`
	Size      int               `json:"size"`
	Digest    string            `json:"digest"`
	Platform  map[string]string `json:"platform,omitempty"`
}

func (b blob) descriptor() descriptor {
	return descriptor{MediaType: b.mediaType, Size: len(b.data), Digest: b.digest()}
}

// layer is a file system layer: compressed for the wire, with the digest of its content.
type layer struct {
	blob
	diffID string
}

// build assembles the image over the shared base layer. The same spec gives the same digests.
func (s ImageSpec) build(base layer) (manifest blob, blobs []blob, err error) {
	layers := []layer{base}
	if len(s.Files) > 0 {
		files, err := packFiles(s.Files)
		if err != nil {
			return blob{}, nil, err
		}
		layers = append(layers, files)
	}
	config, err := s.configBlob(layers)
	if err != nil {
		return blob{}, nil, err
	}
	body := struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Config        descriptor   `json:"config"`
		Layers        []descriptor `json:"layers"`
	}{SchemaVersion: 2, MediaType: manifestType, Config: config.descriptor()}
	for _, l := range layers {
		body.Layers = append(body.Layers, l.descriptor())
		blobs = append(blobs, l.blob)
	}
	data, err := json.Marshal(body)
	return blob{mediaType: manifestType, data: data}, append(blobs, config), err
}

func (s ImageSpec) arch() string {
	if s.Arch != "" {
		return s.Arch
	}
	return runtime.GOARCH
}

func (s ImageSpec) configBlob(layers []layer) (blob, error) {
	type rootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	}
	type history struct {
		CreatedBy string `json:"created_by"`
	}
	config := struct {
		Architecture string      `json:"architecture"`
		OS           string      `json:"os"`
		Created      string      `json:"created"`
		Config       ImageConfig `json:"config"`
		RootFS       rootFS      `json:"rootfs"`
		History      []history   `json:"history"`
	}{
		Architecture: s.arch(), OS: "linux", Created: "2024-01-01T00:00:00Z", Config: s.Config,
		RootFS: rootFS{Type: "layers"},
	}
	for _, l := range layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, l.diffID)
		config.History = append(config.History, history{CreatedBy: "lab"})
	}
	data, err := json.Marshal(config)
	return blob{mediaType: configType, data: data}, err
}

func packFiles(files map[string]string) (layer, error) {
	return pack(func(w *tar.Writer) error {
		for _, path := range slices.Sorted(maps.Keys(files)) {
			if err := addFile(w, path, []byte(files[path])); err != nil {
				return err
			}
		}
		return nil
	})
}

// pack makes a layer of what add writes to the archive.
func pack(add func(*tar.Writer) error) (layer, error) {
	var content, packed bytes.Buffer
	archive := tar.NewWriter(&content)
	if err := add(archive); err != nil {
		return layer{}, fmt.Errorf("make layer: %w", err)
	}
	if err := archive.Close(); err != nil {
		return layer{}, fmt.Errorf("make layer: %w", err)
	}
	diffID := digestOf(content.Bytes())
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return layer{}, fmt.Errorf("make layer: %w", err)
	}
	if _, err := content.WriteTo(zip); err != nil {
		return layer{}, fmt.Errorf("make layer: %w", err)
	}
	if err := zip.Close(); err != nil {
		return layer{}, fmt.Errorf("make layer: %w", err)
	}
	return layer{blob: blob{mediaType: layerType, data: packed.Bytes()}, diffID: diffID}, nil
}

func addFile(w *tar.Writer, path string, data []byte) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(path, "/"), Mode: 0o755, Size: int64(len(data))}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}
