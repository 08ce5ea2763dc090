package lab

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Namespace is the first part of the test images' names in a registry: 127.0.0.1:PORT/edged/web:1.
const Namespace = "edged"

// Pusher makes images and pushes them to one registry. Safe for concurrent use.
type Pusher struct {
	addr, user, password string
	arch                 string                // of images that don't say theirs; empty: this machine's
	base                 func() (layer, error) // made once
}

// NewPusher returns a pusher to the registry at addr (host:port, no TLS), as user unless that is empty.
func NewPusher(addr, user, password string) *Pusher {
	return &Pusher{addr: addr, user: user, password: password, base: sync.OnceValues(func() (layer, error) { return baseLayer(busyboxPath) })}
}

// NewForeignPusher is NewPusher without a login, for images of another architecture, made of the static busybox at path.
func NewForeignPusher(addr, arch, path string) *Pusher {
	return &Pusher{addr: addr, arch: arch, base: sync.OnceValues(func() (layer, error) { return baseLayer(path) })}
}

// Push makes the image and pushes it under Namespace, replacing what had the name. It returns the digest by which the
// image can be pulled, sha256:...
func (p *Pusher) Push(ctx context.Context, spec ImageSpec) (string, error) {
	manifest, err := p.pushParts(ctx, spec)
	if err != nil {
		return "", fmt.Errorf("push %s: %w", spec.Name, err)
	}
	repository, tag := splitName(spec.Name)
	if err := p.putManifest(ctx, repository, tag, manifest); err != nil {
		return "", fmt.Errorf("push %s: %w", spec.Name, err)
	}
	return manifest.digest(), nil
}

// PushList pushes a list of platforms under name with one entry for each of specs.
func (p *Pusher) PushList(ctx context.Context, name string, specs ...ImageSpec) error {
	repository, tag := splitName(name)
	list := struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Manifests     []descriptor `json:"manifests"`
	}{SchemaVersion: 2, MediaType: listType}
	for _, spec := range specs {
		spec.Name = name
		manifest, err := p.pushParts(ctx, spec)
		if err != nil {
			return fmt.Errorf("push %s: %w", name, err)
		}
		if err := p.putManifest(ctx, repository, manifest.digest(), manifest); err != nil {
			return fmt.Errorf("push %s: %w", name, err)
		}
		entry := manifest.descriptor()
		entry.Platform = map[string]string{"os": "linux", "architecture": spec.arch()}
		list.Manifests = append(list.Manifests, entry)
	}
	data, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("push %s: %w", name, err)
	}
	if err := p.putManifest(ctx, repository, tag, blob{mediaType: listType, data: data}); err != nil {
		return fmt.Errorf("push %s: %w", name, err)
	}
	return nil
}

// PushAll pushes all of [Images].
func (p *Pusher) PushAll(ctx context.Context) error {
	for _, spec := range Images() {
		if _, err := p.Push(ctx, spec); err != nil {
			return err
		}
	}
	return p.PushList(ctx, "wrongarch:list", wrongarch())
}

// pushParts uploads everything but the manifest.
func (p *Pusher) pushParts(ctx context.Context, spec ImageSpec) (blob, error) {
	spec.Arch = cmp.Or(spec.Arch, p.arch)
	base, err := p.base()
	if err != nil {
		return blob{}, err
	}
	manifest, blobs, err := spec.build(base)
	if err != nil {
		return blob{}, err
	}
	repository, _ := splitName(spec.Name)
	for _, b := range blobs {
		if err := p.putBlob(ctx, repository, b); err != nil {
			return blob{}, err
		}
	}
	return manifest, nil
}

// putBlob uploads in one piece (Docker Registry HTTP API v2, "monolithic upload") unless the repository has the blob.
func (p *Pusher) putBlob(ctx context.Context, repository string, b blob) error {
	path := "/v2/" + Namespace + "/" + repository + "/blobs/"
	if resp, err := p.send(ctx, http.MethodHead, path+b.digest(), "", nil); err == nil && resp.StatusCode == http.StatusOK {
		return nil
	}
	resp, err := p.send(ctx, http.MethodPost, path+"uploads/", "", nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("begin upload: %s", resp.Status)
	}
	location, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		return fmt.Errorf("begin upload: %w", err)
	}
	query := location.Query()
	query.Set("digest", b.digest())
	resp, err = p.send(ctx, http.MethodPut, location.Path+"?"+query.Encode(), "application/octet-stream", b.data)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("upload blob: %s", resp.Status)
	}
	return nil
}

func (p *Pusher) putManifest(ctx context.Context, repository, reference string, manifest blob) error {
	path := "/v2/" + Namespace + "/" + repository + "/manifests/" + reference
	resp, err := p.send(ctx, http.MethodPut, path, manifest.mediaType, manifest.data)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("put manifest %s: %s", reference, resp.Status)
	}
	return nil
}

// send returns the answer with its body read and closed.
func (p *Pusher) send(ctx context.Context, method, path, mediaType string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.addr+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	if p.user != "" {
		req.SetBasicAuth(p.user, p.password)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp, err
}

// splitName parts web:2; the tag is 1 when none is given.
func splitName(name string) (repository, tag string) {
	repository, tag, found := strings.Cut(name, ":")
	if !found {
		tag = "1"
	}
	return repository, tag
}
