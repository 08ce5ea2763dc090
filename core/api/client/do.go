package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"edged/core/api"
	"edged/core/request"
)

// ErrLost says that the daemon ended before it gave the result. What it had
// begun is finished or undone when it starts again.
var ErrLost = errors.New("edged ended before the result")

// Do has a request carried out and waits for its result, final or deferred. It
// calls progress for the steps. When ctx ends it returns ctx's error; the
// request goes on.
func (c *Client) Do(ctx context.Context, req request.Request, progress func(request.Progress)) (request.Result, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return request.Result{}, fmt.Errorf("%s %s: %w", req.Op, req.ID, err)
	}
	resp, err := c.call(ctx, http.MethodPost, "/v1/requests", body)
	if err != nil {
		return request.Result{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	lines := json.NewDecoder(resp.Body)
	for {
		var line api.Line
		if err := lines.Decode(&line); err != nil {
			return request.Result{}, lost(ctx, req, err)
		}
		switch {
		case line.Progress != nil:
			progress(*line.Progress)
		case line.Result != nil:
			return *line.Result, nil
		case line.Error != "":
			return request.Result{}, errors.New(line.Error)
		}
	}
}

func lost(ctx context.Context, req request.Request, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s %s: %w: %w", req.Op, req.ID, ErrLost, cause)
}
