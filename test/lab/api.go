package lab

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// engineAPI speaks the little of Docker's API that the lab itself needs. Both engines serve it. Safe for concurrent use.
type engineAPI struct {
	client     *http.Client
	removePath string // how this engine force-removes a container at once; %s is its id
}

func newEngineAPI(socket, removePath string) engineAPI {
	var dialer net.Dialer
	transport := &http.Transport{
		DisableKeepAlives: true, // the engine behind the socket comes and goes
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		},
	}
	return engineAPI{client: &http.Client{Transport: transport}, removePath: removePath}
}

func (a engineAPI) ping(ctx context.Context) error {
	_, err := a.call(ctx, http.MethodGet, "/_ping", nil)
	return err
}

// pull fetches an image. Engines answer 200 at once and report failure in the stream.
func (a engineAPI) pull(ctx context.Context, ref, user, password string) error {
	header := http.Header{}
	if user != "" {
		auth, err := json.Marshal(map[string]string{"username": user, "password": password})
		if err != nil {
			return err
		}
		header.Set("X-Registry-Auth", base64.URLEncoding.EncodeToString(auth))
	}
	body, err := a.call(ctx, http.MethodPost, "/images/create?fromImage="+url.QueryEscape(ref), header)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(body)) {
		var progress struct{ Error string }
		if err := json.Unmarshal([]byte(line), &progress); err == nil && progress.Error != "" {
			return fmt.Errorf("pull %s: %s", ref, progress.Error)
		}
	}
	return nil
}

// removeContainers ends and removes every container, several at a time.
func (a engineAPI) removeContainers(ctx context.Context) error {
	ids, err := a.containers(ctx, true)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, len(ids))
	slots := make(chan struct{}, 8)
	for i, id := range ids {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			_, errs[i] = a.call(ctx, http.MethodDelete, fmt.Sprintf(a.removePath, id), nil)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// containers lists the ids of the running containers, or of all.
func (a engineAPI) containers(ctx context.Context, all bool) ([]string, error) {
	body, err := a.call(ctx, http.MethodGet, fmt.Sprintf("/containers/json?all=%t", all), nil)
	if err != nil {
		return nil, err
	}
	var list []struct{ ID string }
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	ids := make([]string, len(list))
	for i, container := range list {
		ids[i] = container.ID
	}
	return ids, nil
}

func (a engineAPI) call(ctx context.Context, method, path string, header http.Header) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://engine"+path, nil)
	if err != nil {
		return nil, err
	}
	if header != nil {
		req.Header = header
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, strings.TrimSpace(string(body)))
	}
	return body, nil
}
