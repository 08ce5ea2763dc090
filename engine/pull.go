package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/docker/docker/api/types/image"
)

// ImagePullOptions says how an image is pulled. The zero value is one attempt without credentials.
type ImagePullOptions struct {
	// AuthFunc gives the value of X-Registry-Auth, see GetRegistryAuth, for the attempt, counted from 1; "" means none.
	// It is asked again after each failed attempt, so that it can forget what it had cached.
	AuthFunc func(ctx context.Context, attempt int) (string, error)
	// MaxAttempts is at least 1.
	MaxAttempts int
	// Wait is the longest pause between attempts; the pauses grow towards it, with jitter. 0 means 5 seconds.
	Wait time.Duration
	// Progress is called from the pulling goroutine for each step of the pull. It must not block.
	Progress func(PullProgress)
}

// ImagePullWithRetries makes sure that an image is there and gives its inspect. Without alwaysPull a present image is
// enough, and so is one named by digest in any case, since it can't have changed.
//
// A failed pull is an error, also if an older image of that name is there: ErrNotFound, ErrUnauthorized, ErrPlatform,
// ErrDiskFull or ErrRegistry beside the engine's text. It is tried again where that can help; the context ends the
// waits. The package whose API this is took a failed pull for a success if any image of the name was there.
func (c *ContainerClient) ImagePullWithRetries(ctx context.Context, imageRef string, alwaysPull bool, opts ImagePullOptions) (*image.InspectResponse, error) {
	present, err := c.Client.ImageInspect(bounded(ctx), imageRef)
	if err == nil && (!alwaysPull || !isMovingRef(imageRef)) {
		return &present, nil
	}
	if err != nil && !errors.Is(kindOf(err), ErrNotFound) {
		return nil, wrapErr("inspect image", imageRef, err)
	}
	if err := c.pullWithRetries(ctx, imageRef, opts); err != nil {
		return nil, pullErr(imageRef, err)
	}
	pulled, err := c.Client.ImageInspect(bounded(ctx), imageRef)
	if errors.Is(kindOf(err), ErrNotFound) { // an engine that says nothing of what went wrong
		return nil, &opError{verb: "pull image", object: imageRef, kind: ErrNoImage, cause: err}
	}
	if err != nil {
		return nil, wrapErr("inspect image", imageRef, err)
	}
	return &pulled, nil
}

// Pull is [ContainerClient.ImagePullWithRetries] for callers that don't need the engine's inspect.
func (c *ContainerClient) Pull(ctx context.Context, imageRef string, alwaysPull bool, opts ImagePullOptions) error {
	_, err := c.ImagePullWithRetries(ctx, imageRef, alwaysPull, opts)
	return err
}

// pullWithRetries is the one place where a pull is repeated.
func (c *ContainerClient) pullWithRetries(ctx context.Context, ref string, opts ImagePullOptions) error {
	wait := opts.Wait
	if wait <= 0 {
		wait = 5 * time.Second
	}
	pause := backoff{first: min(500*time.Millisecond, wait), last: wait}
	for attempt := 1; ; attempt++ {
		err := c.pullOnce(ctx, ref, attempt, opts)
		if err == nil || ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		if attempt >= opts.MaxAttempts || !worthRetrying(pullErr(ref, err), opts.AuthFunc != nil) {
			return fmt.Errorf("attempt %d: %w", attempt, err)
		}
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

func (c *ContainerClient) pullOnce(ctx context.Context, ref string, attempt int, opts ImagePullOptions) error {
	var auth string
	if opts.AuthFunc != nil {
		var err error
		if auth, err = opts.AuthFunc(ctx, attempt); err != nil {
			return fmt.Errorf("get credentials: %w", err)
		}
	}
	if c.pullsByLibpod() {
		return c.pullByLibpod(ctx, ref, auth, opts.Progress)
	}
	stream, err := c.Client.ImagePull(ctx, ref, image.PullOptions{RegistryAuth: auth})
	if err != nil {
		return err
	}
	defer stream.Close()
	return followPull(stream, ref, opts.Progress)
}

func (c *ContainerClient) pullByLibpod(ctx context.Context, ref, auth string, report func(PullProgress)) error {
	options := PodmanAPIPullOptions{Reference: ref}
	options.WithPolicy("always")
	header := http.Header{}
	if auth != "" {
		header.Set("X-Registry-Auth", auth)
	}
	resp, err := c.LibPod.send(ctx, http.MethodPost, "/images/pull", options.query(), header)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return followPull(resp.Body, ref, report)
}
