package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// PullProgress is one step of a pull.
type PullProgress struct {
	// Ref is the image's reference.
	Ref string
	// Layer is the short ID of the layer that the step is about, "" if it is about the whole image.
	Layer string
	// Status is the engine's word: "Downloading", "Pull complete", ...
	Status string
	// Current and Total are the bytes of the whole pull, as far as known so far: layers that the engine hasn't begun
	// aren't in them. Both only grow.
	Current, Total int64
	// LayersDone of Layers are there; Layers grows while the engine reads the manifest.
	LayersDone, Layers int
}

// pullLine is one line of a pull stream: of Docker's API, or of libpod's ("stream", "error", "images", "id").
type pullLine struct {
	Status         string `json:"status"`
	ID             string `json:"id"`
	ProgressDetail struct {
		Current int64 `json:"current"`
		Total   int64 `json:"total"`
	} `json:"progressDetail"`
	Stream      string `json:"stream"`
	Error       string `json:"error"`
	ErrorDetail struct {
		Message string `json:"message"`
	} `json:"errorDetail"`
}

// err is the verdict in the line, if there is one.
func (l pullLine) err() error {
	switch {
	case l.ErrorDetail.Message != "":
		return errors.New(l.ErrorDetail.Message)
	case l.Error != "":
		return errors.New(l.Error)
	}
	return nil
}

// maxLayers bounds what is remembered of a pull; no image has as many layers (the limit is 127).
const maxLayers = 1024

// pullTracker adds up the lines of one pull.
type pullTracker struct {
	now    PullProgress
	layers map[string]*layerProgress
}

type layerProgress struct {
	current, total int64
	done           bool
}

func newPullTracker(ref string) *pullTracker {
	return &pullTracker{now: PullProgress{Ref: ref}, layers: map[string]*layerProgress{}}
}

// add takes in a line; false means that it says nothing new.
func (t *pullTracker) add(line pullLine) bool {
	if line.Stream != "" {
		return t.addStream(line.Stream)
	}
	if line.Status == "" {
		return false
	}
	t.now.Status, t.now.Layer = line.Status, ""
	if isLayerStatus(line.Status) && line.ID != "" {
		t.addLayer(line)
	}
	return true
}

// addStream reads libpod's text, "Copying blob sha256:… ", which tells layers but no bytes. Its "done" isn't told apart
// from its beginning, so a layer counts as done when the next one is named or the image is written.
func (t *pullTracker) addStream(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" {
		return false
	}
	t.now.Status, t.now.Layer = text, ""
	digest, found := strings.CutPrefix(text, "Copying blob sha256:")
	if found {
		t.now.Status, t.now.Layer = "Copying blob", shortID(digest)
		t.layer(t.now.Layer)
	} else if strings.HasPrefix(text, "Writing manifest") {
		t.complete()
	}
	return true
}

// complete counts every layer as done; false if they were already. A stream that ended well means that, but Podman 5
// says no more of a layer than that it was downloaded.
func (t *pullTracker) complete() bool {
	done := t.now.LayersDone
	for _, layer := range t.layers {
		t.finish(layer)
	}
	return t.now.LayersDone > done
}

func (t *pullTracker) addLayer(line pullLine) {
	t.now.Layer = line.ID
	layer := t.layer(line.ID)
	if layer == nil {
		return
	}
	if line.Status == "Downloading" && line.ProgressDetail.Current >= layer.current {
		t.grow(layer, line.ProgressDetail.Current, line.ProgressDetail.Total)
	}
	switch line.Status {
	case "Download complete", "Verifying Checksum":
		t.grow(layer, layer.total, layer.total)
	case "Pull complete", "Already exists":
		t.grow(layer, layer.total, layer.total)
		t.finish(layer)
	}
}

// grow moves a layer forward. Sizes come from the engine and the registry: nonsense in them is left out.
func (t *pullTracker) grow(layer *layerProgress, current, total int64) {
	if total < layer.total || total < 0 || total > 1<<50 {
		total = layer.total
	}
	if current < layer.current || current > max(total, 1<<50) {
		current = layer.current
	}
	t.now.Current += current - layer.current
	t.now.Total += total - layer.total
	layer.current, layer.total = current, total
}

func (t *pullTracker) finish(layer *layerProgress) {
	if !layer.done {
		layer.done = true
		t.now.LayersDone++
	}
}

// layer is what is known of a layer; nil beyond maxLayers.
func (t *pullTracker) layer(id string) *layerProgress {
	if layer, found := t.layers[id]; found {
		return layer
	}
	if len(t.layers) >= maxLayers {
		return nil
	}
	layer := &layerProgress{}
	t.layers[id] = layer
	t.now.Layers++
	return layer
}

// isLayerStatus tells a line about a layer from "Pulling from library/app", whose ID is the tag.
func isLayerStatus(status string) bool {
	switch status {
	case "Pulling fs layer", "Waiting", "Downloading", "Verifying Checksum", "Download complete", "Extracting",
		"Pull complete", "Already exists", "Retrying":
		return true
	}
	return strings.HasPrefix(status, "Retrying in")
}

// followPull reads a pull stream to its end and hands every step to report, which may be nil. An error in the stream is
// the result: the engine had answered 200 before it knew.
func followPull(stream io.Reader, ref string, report func(PullProgress)) error {
	tracker := newPullTracker(ref)
	lines := newLineReader(stream, maxLine)
	for {
		text, err := lines.next()
		if errors.Is(err, io.EOF) {
			if tracker.complete() && report != nil {
				report(tracker.now)
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("read pull stream: %w", err)
		}
		var line pullLine
		if err := json.Unmarshal(text, &line); err != nil {
			return fmt.Errorf("read pull stream: %w", err)
		}
		if err := line.err(); err != nil {
			return err
		}
		if tracker.add(line) && report != nil {
			report(tracker.now)
		}
	}
}
