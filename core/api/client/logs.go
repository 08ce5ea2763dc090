package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"edged/core/api"
)

// Logs writes a container's log to w until it ends or ctx does.
func (c *Client) Logs(ctx context.Context, w io.Writer, name string, opts api.LogOptions) error {
	path := "/v1/containers/" + url.PathEscape(name) + "/logs?" + opts.Query().Encode()
	resp, err := c.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(w, resp.Body); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("logs of %s: %w", name, err)
	}
	if text, err := strconv.Unquote(resp.Trailer.Get(api.ErrorTrailer)); err == nil {
		return errors.New(text)
	}
	return nil
}
