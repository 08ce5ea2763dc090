package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/docker/docker/api/types/image"
)

// ImagePullOptions says how an image is pulled. The zero value is one attempt without credentials.
type ImagePullOptions struct {
	// AuthFunc gives the value of X-Registry-Auth, see GetRegistryAuth, for the attempt, counted from 1; "" means none.
	// It is asked again after each failed attempt, so that it can forget what it had cached. What was refused is not
	// offered again.
	AuthFunc func(ctx context.Context, attempt int) (string, error)
	// MaxAttempts is at least 1. After the first refusal there is one more if AuthFunc has something else to offer.
	MaxAttempts int
	// Wait is the longest pause between attempts; the pauses grow towards it, with jitter. 0 means 5 seconds.
	Wait time.Duration
	// Silence is how long the engine may say nothing of a pull before the attempt is given up. 0 means without an end.
	// A Podman before version 5 says nothing as long as it fetches one layer.
	Silence time.Duration
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
	var auth, refused string
	var refusal error
	for attempt := 1; ; attempt++ {
		var err error
		if opts.AuthFunc != nil {
			auth, err = opts.AuthFunc(ctx, attempt)
		}
		switch {
		case err != nil:
			err = fmt.Errorf("get credentials: %w", err)
		case refusal != nil && auth == refused:
			return refusal
		default:
			err = c.pullOnce(ctx, ref, auth, opts)
		}
		if err == nil || ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		named := pullErr(ref, err)
		err = fmt.Errorf("attempt %d: %w", attempt, err)
		last := attempt >= opts.MaxAttempts
		if errors.Is(named, ErrUnauthorized) {
			last = last && refusal != nil
			refused, refusal = auth, err
		}
		if last || !worthRetrying(named, opts.AuthFunc != nil) {
			return err
		}
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

func (c *ContainerClient) pullOnce(ctx context.Context, ref, auth string, opts ImagePullOptions) error {
	ctx, silence := breakSilence(ctx, opts.Silence)
	defer silence.end()
	stream, err := c.openPull(ctx, ref, auth)
	if err == nil {
		err = followPull(silence.listen(stream), ref, opts.Progress)
		_ = stream.Close()
	}
	var silent *silenceError
	if err != nil && errors.As(context.Cause(ctx), &silent) {
		return silent
	}
	return err
}

// openPull begins a pull; the caller closes the stream.
func (c *ContainerClient) openPull(ctx context.Context, ref, auth string) (io.ReadCloser, error) {
	if !c.pullsByLibpod() {
		return c.Client.ImagePull(ctx, ref, image.PullOptions{RegistryAuth: auth})
	}
	options := PodmanAPIPullOptions{Reference: ref}
	options.WithPolicy("always")
	header := http.Header{}
	if auth != "" {
		header.Set("X-Registry-Auth", auth)
	}
	resp, err := c.LibPod.send(ctx, http.MethodPost, "/images/pull", options.query(), header)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}
