package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/docker/docker/api/types/container"
)

// createBody creates a container and connects it to its networks. It isn't started. If a network can't be connected,
// the container is removed again.
func (c *ContainerClient) createBody(ctx context.Context, name string, body cloneBody) (string, error) {
	request := body.create.copy()
	if endpoint, found := body.networks[body.primary]; found {
		request["NetworkingConfig"] = map[string]any{"EndpointsConfig": map[string]any{body.primary: endpoint}}
	}
	answer, err := c.post(ctx, c.dockerAddress("/containers/create", url.Values{"name": {name}}), request)
	if err != nil {
		return "", err
	}
	id := answer.text("Id")
	if err := c.connectNetworks(ctx, id, body); err != nil {
		return "", errors.Join(err, c.discard(ctx, id))
	}
	return id, nil
}

// createPodman creates a container, networks and all, by Podman's own API.
func (c *ContainerClient) createPodman(ctx context.Context, name string, source *cloneSource, body cloneBody) (string, error) {
	address := c.LibPod.BaseURL + "/containers/create"
	answer, err := c.post(ctx, address, newPodmanSpec(name, source, body))
	return answer.text("Id"), err
}

// connectNetworks makes the networks of a new container those of the plan: the ones besides the primary are connected,
// the one of the mode is left if the old container had left it.
func (c *ContainerClient) connectNetworks(ctx context.Context, id string, body cloneBody) error {
	if len(body.networks) == 0 {
		return nil
	}
	created, err := c.inspectDocument(ctx, id)
	if err != nil {
		return err
	}
	joined := created.object("NetworkSettings", "Networks")
	for name := range joined {
		if !hasKey(body.networks, name) && name != body.primary {
			if err := c.Client.NetworkDisconnect(ctx, name, id, true); err != nil {
				return fmt.Errorf("disconnect network %s: %w", name, err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(body.networks)) {
		if has(joined, name) {
			continue
		}
		request := document{"Container": id, "EndpointConfig": map[string]any(body.networks[name])}
		if err := c.connectNetwork(ctx, name, request); err != nil {
			return fmt.Errorf("connect network %s: %w", name, err)
		}
	}
	return nil
}

// connectNetwork doesn't read the answer: Podman's isn't JSON.
func (c *ContainerClient) connectNetwork(ctx context.Context, name string, request document) error {
	resp, err := c.postRaw(ctx, c.dockerAddress("/networks/"+url.PathEscape(name)+"/connect", nil), request)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// discard removes a container that was never started. It goes on when the context has ended: nothing may be left over.
func (c *ContainerClient) discard(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.callTimeout)
	defer cancel()
	err := c.Client.ContainerRemove(ctx, id, container.RemoveOptions{Force: true})
	if errors.Is(kindOf(err), ErrNotFound) {
		return nil
	}
	return wrapErr("remove container", id, err)
}

// dockerAddress is a path of Docker's API, in the version that both sides agreed on.
func (c *ContainerClient) dockerAddress(path string, query url.Values) string {
	address := c.base + "/v" + c.Client.ClientVersion() + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// post sends a JSON object and reads the object of the answer.
func (c *ContainerClient) post(ctx context.Context, address string, body document) (document, error) {
	resp, err := c.postRaw(ctx, address, body)
	if err != nil {
		return nil, err
	}
	return readDocument(resp)
}

func (c *ContainerClient) postRaw(ctx context.Context, address string, body document) (*http.Response, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	return send(bounded(ctx), c.http, http.MethodPost, address, header, bytes.NewReader(data))
}

func hasKey[K comparable, V any](m map[K]V, key K) bool {
	_, found := m[key]
	return found
}
