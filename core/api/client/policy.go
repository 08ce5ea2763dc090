package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"edged/core/api"
)

// Policy says which policy scripts are in force.
func (c *Client) Policy(ctx context.Context) (api.Policy, error) {
	var p api.Policy
	return p, c.get(ctx, "/v1/policy", &p)
}

// ReloadPolicy puts the scripts on the disk into force. When they can't be loaded
// the [*Error] says why, and those in force stay so.
func (c *Client) ReloadPolicy(ctx context.Context) (api.Policy, error) {
	var p api.Policy
	return p, c.post(ctx, "/v1/policy/reload", nil, &p)
}

// Wake has scripts asked at once about the request of that id, or about all that
// are put off if it is empty. It returns how many these are.
func (c *Client) Wake(ctx context.Context, id string) (int, error) {
	var w api.Woken
	return w.Requests, c.post(ctx, "/v1/policy/wake?id="+url.QueryEscape(id), nil, &w)
}

// OverridePolicy lets what people ask for through for a while.
func (c *Client) OverridePolicy(ctx context.Context, o api.Override) (api.Override, error) {
	err := c.post(ctx, "/v1/policy/override", o, &o)
	return o, err
}

// Decisions are the newest decisions of the scripts, at most limit if it is above 0.
func (c *Client) Decisions(ctx context.Context, limit int) ([]api.Decision, error) {
	var list []api.Decision
	return list, c.get(ctx, "/v1/policy/decisions?limit="+strconv.Itoa(limit), &list)
}

// Decision is one decision in full, as JSON.
func (c *Client) Decision(ctx context.Context, id string) (json.RawMessage, error) {
	var record json.RawMessage
	return record, c.get(ctx, "/v1/policy/decisions/"+url.PathEscape(id), &record)
}

// post sends a document, or none, and reads the answer.
func (c *Client) post(ctx context.Context, path string, doc, into any) error {
	var body []byte
	if doc != nil {
		var err error
		if body, err = json.Marshal(doc); err != nil {
			return fmt.Errorf("ask edged: %w", err)
		}
	}
	resp, err := c.call(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read edged's answer: %w", err)
	}
	return nil
}
