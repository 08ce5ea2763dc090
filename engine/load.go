package engine

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// zstdWindow bounds the memory that an archive can make the decoder take; zstd's own levels stay below it.
const zstdWindow = 32 << 20

// LoadImages loads an image archive (docker-archive or, where the engine knows it, OCI) from a tar, tar.gz or tar.zst
// file and returns the names of the images in it; an image without a name is there by its ID ("sha256:…"). It fails
// with ErrNoImage if the engine found no image in the file.
func (c *ContainerClient) LoadImages(ctx context.Context, path string) ([]string, error) {
	return c.loadFrom(ctx, path, plainTar)
}

// LoadArchive is LoadImages that leaves it to the engine to unpack: every one knows tar and tar.gz, Docker from 23 and
// Podman tar.zst too. It costs no decoder.
func (c *ContainerClient) LoadArchive(ctx context.Context, path string) ([]string, error) {
	return c.loadFrom(ctx, path, func(f io.Reader) (io.ReadCloser, error) { return io.NopCloser(f), nil })
}

func (c *ContainerClient) loadFrom(ctx context.Context, path string, unpack unpacker) ([]string, error) {
	names, err := c.loadImages(ctx, path, unpack)
	if err != nil {
		err = &opError{verb: "load images from", object: path, kind: loadKind(err), cause: err}
	}
	return names, err
}

// LoadImageFromFile loads an image archive and returns the name, as the engine writes it, of the image in it that
// imageRef means. It is ErrNoImage if there is no such image: no other one is given that name, since it would hide the
// registry's from then on.
func (c *ContainerClient) LoadImageFromFile(ctx context.Context, path string, imageRef string) (string, error) {
	names, err := c.LoadImages(ctx, path)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if ImageRefsEqual(name, imageRef) {
			return name, nil
		}
	}
	return "", fmt.Errorf("load image %s from %s: %w: it has %s", imageRef, path, ErrNoImage, strings.Join(names, ", "))
}

// unpacker makes a tar of an archive.
type unpacker func(f io.Reader) (io.ReadCloser, error)

func (c *ContainerClient) loadImages(ctx context.Context, path string, unpack unpacker) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	archive, err := unpack(f)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	resp, err := c.Client.ImageLoad(ctx, archive)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	names, err := readLoadReport(resp.Body)
	if err == nil && len(names) == 0 {
		err = ErrNoImage
	}
	return names, err
}

// loadKind tells a full disk from other failures of a load; engines pass it on as text.
func loadKind(err error) error {
	if kind := pullKind(err); errors.Is(kind, ErrDiskFull) {
		return kind
	}
	return kindOf(err)
}

// plainTar unpacks a compressed archive, told by its first bytes. Not every engine unpacks zstd by itself.
func plainTar(f io.Reader) (io.ReadCloser, error) {
	in := bufio.NewReader(f)
	magic, err := in.Peek(4)
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(in)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		decoder, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, fmt.Errorf("read archive: %w", err)
		}
		return decoder.IOReadCloser(), nil
	}
	return io.NopCloser(in), nil
}

// readLoadReport reads the engine's answer to a load, {"stream": "Loaded image: NAME\n"} for each image; Podman puts
// all of them into one, with commas between. An error in it is the result.
func readLoadReport(stream io.Reader) ([]string, error) {
	var names []string
	decoder := json.NewDecoder(io.LimitReader(stream, maxBody))
	for {
		var line pullLine
		err := decoder.Decode(&line)
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read load report: %w", err)
		}
		if err := line.err(); err != nil {
			return nil, err
		}
		names = append(names, loadedNames(line.Stream)...)
	}
}

func loadedNames(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		for _, prefix := range []string{"Loaded image: ", "Loaded image ID: ", "Loaded image(s): "} {
			if list, found := strings.CutPrefix(line, prefix); found {
				names = append(names, strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })...)
			}
		}
	}
	return names
}
