package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/docker/docker/api/types/image"
)

// ResponsePruneImage is one image that libpod's prune removed.
type ResponsePruneImage struct {
	Id   string `json:"Id,omitempty"`
	Size uint64 `json:"Size,omitempty"`
	// Err is why this image could not be removed.
	Err string `json:"Err,omitempty"`
}

// PodmanAPIPullOptions are the query of libpod's image pull.
type PodmanAPIPullOptions struct {
	AllTags   *bool  `url:"allTags,omitempty"`
	Quiet     *bool  `url:"quiet,omitempty"`
	Policy    string `url:"policy,omitempty"`
	Reference string `url:"reference"`
}

// WithPolicy sets when to pull: "always", "missing", "newer" or "never".
func (po *PodmanAPIPullOptions) WithPolicy(v string) *PodmanAPIPullOptions {
	po.Policy = v
	return po
}

// WithAllTags pulls all tags of the repository.
func (po *PodmanAPIPullOptions) WithAllTags(v bool) *PodmanAPIPullOptions {
	po.AllTags = &v
	return po
}

// WithQuiet leaves the progress out of the answer.
func (po *PodmanAPIPullOptions) WithQuiet(v bool) *PodmanAPIPullOptions {
	po.Quiet = &v
	return po
}

func (po *PodmanAPIPullOptions) query() url.Values {
	q := url.Values{"reference": {po.Reference}}
	if po.AllTags != nil {
		q.Set("allTags", strconv.FormatBool(*po.AllTags))
	}
	if po.Quiet != nil {
		q.Set("quiet", strconv.FormatBool(*po.Quiet))
	}
	if po.Policy != "" {
		q.Set("policy", po.Policy)
	}
	return q
}

// PodmanPullOptions are the options of [SocketClient.PullImages].
type PodmanPullOptions struct {
	image.PullOptions
	Quiet bool
}

// PullImages pulls imageRef and returns when it is there. With alwaysPull the registry is asked even if the image is
// present. An error inside the answer's stream is an error; the stream is not copied to standard error.
func (c *SocketClient) PullImages(ctx context.Context, imageRef string, alwaysPull bool, pullOptions PodmanPullOptions) error {
	options := PodmanAPIPullOptions{Reference: imageRef}
	options.WithQuiet(pullOptions.Quiet)
	if alwaysPull {
		options.WithPolicy("always")
	}
	header := http.Header{}
	if pullOptions.RegistryAuth != "" {
		header.Set("X-Registry-Auth", pullOptions.RegistryAuth)
	}
	resp, err := c.send(ctx, http.MethodPost, "/images/pull", options.query(), header)
	if err != nil {
		return wrapErr("pull image", imageRef, err)
	}
	defer resp.Body.Close()
	return wrapErr("pull image", imageRef, readPullReport(resp.Body))
}

// readPullReport reads libpod's pull stream to its end; {"error": ...} in it is the verdict.
func readPullReport(stream io.Reader) error {
	lines := newLineReader(stream, maxLine)
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var report struct {
			Error string `json:"error"`
		}
		if err := json.Unmarshal(line, &report); err != nil {
			return fmt.Errorf("read pull report: %w", err)
		}
		if report.Error != "" {
			return errors.New(report.Error)
		}
	}
}

// PruneImages removes all images without a container and reports as Docker does. The body is sent as it is; nil will do.
// Images that could not be removed are an error beside the report of those that were.
func (c *SocketClient) PruneImages(body io.Reader) (report image.PruneReport, err error) {
	// The signature has no context to pass on; the client's own timeout, if set, is the limit.
	return c.pruneImages(context.Background(), body) //nolint:forbidigo // the signature is given and has no context
}

func (c *SocketClient) pruneImages(ctx context.Context, body io.Reader) (report image.PruneReport, err error) {
	resp, err := send(bounded(ctx), c.Client, http.MethodPost, c.BaseURL+"/images/prune?all=true", nil, body)
	if err != nil {
		return report, wrapErr("prune images", "", err)
	}
	defer resp.Body.Close()
	report, err = readPruneReport(resp.Body)
	return report, wrapErr("prune images", "", err)
}

// readPruneReport turns libpod's list of removed images into Docker's report.
func readPruneReport(body io.Reader) (report image.PruneReport, err error) {
	var pruned []ResponsePruneImage
	if err := json.NewDecoder(body).Decode(&pruned); err != nil {
		return report, fmt.Errorf("read prune report: %w", err)
	}
	var failures []error
	for _, item := range pruned {
		if item.Err != "" {
			failures = append(failures, fmt.Errorf("remove %s: %s", item.Id, item.Err))
			continue
		}
		report.ImagesDeleted = append(report.ImagesDeleted, image.DeleteResponse{Deleted: item.Id})
		report.SpaceReclaimed += item.Size
	}
	return report, errors.Join(failures...)
}
