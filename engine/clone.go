package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// ErrNotCarried: a setting of the container can't be carried over to a new one. The text names the field.
var ErrNotCarried = errors.New("setting can't be carried over")

// Plan is a container's replacement, computed before anything is touched.
type Plan struct {
	// OldID is the container to be replaced, Name its name without a slash.
	OldID, Name string
	// OldImage and NewImage are references as configured.
	OldImage, NewImage string
	// OldImageID and NewImageID are the IDs ("sha256:…") that the references meant when the plan was made.
	OldImageID, NewImageID string
	// WasRunning says whether the old one ran: the new one is to be started only then.
	WasRunning bool
	// HasHealthcheck says whether the new one will have a health to wait for.
	HasHealthcheck bool
	// Changes are the settings that will differ: "image", "cmd", "user", "env:NAME", "label:NAME", "port:80/tcp" ...,
	// sorted.
	Changes []string
	// Exclusive is what the old and the new one can't have at the same time, each as "port 0.0.0.0:80/tcp",
	// "address 10.0.0.5 in NETWORK" or "mac 02:…". If it is empty, both may run side by side.
	Exclusive []string

	source *cloneSource
	body   cloneBody
}

// PlanClone computes the configuration of a container's replacement. The container's settings are those of the user,
// on top of the defaults of the new image, which has to be there already. Nothing is changed by it.
//
// It fails with ErrNotFound (and ErrNoImage beside it if it is the image that does not exist), ErrPlatform (image of
// another machine), or ErrNotCarried, naming the field, if a setting can't be carried over.
func (c *ContainerClient) PlanClone(ctx context.Context, nameOrID string, opts CloneOptions) (*Plan, error) {
	source, err := c.readCloneSource(ctx, nameOrID, opts.Image)
	if err != nil {
		return nil, wrapErr("plan clone", nameOrID, err)
	}
	if err := c.matchPlatform(ctx, source.newImage); err != nil {
		return nil, wrapErr("plan clone", nameOrID, fmt.Errorf("image %s: %w", source.newRef, err))
	}
	opts.Image = source.newRef
	plan, err := source.plan(opts)
	if err != nil {
		return nil, wrapErr("plan clone", nameOrID, err)
	}
	return plan, nil
}

// CreateNext creates the container of a plan under a name, with labels added to the planned ones, and doesn't start
// it. Before it returns it compares the new container with the plan: a setting that the engine didn't take over is
// ErrNotCarried, naming the field, and the new container is removed again. If a container of that name is there
// already, the error is ErrConflict.
func (c *ContainerClient) CreateNext(ctx context.Context, p *Plan, name string, labels map[string]string) (id string, err error) {
	body := p.body.copy()
	for label, value := range labels {
		body.config().section("Labels")[label] = value
	}
	if p.source.native != nil {
		id, err = c.createPodman(ctx, name, p.source, body)
	} else {
		id, err = c.createBody(ctx, name, body)
	}
	if err != nil {
		return "", wrapErr("create container", name, err)
	}
	if err := c.verifyNext(ctx, p, id, labels); err != nil {
		return "", wrapErr("create container", name, errors.Join(err, c.discard(ctx, id)))
	}
	return id, nil
}

// UpdateRequired reports whether a container runs another image than newImage (or than its own reference, if newImage
// is "") means now. An image that isn't there yet counts as another one.
func (c *ContainerClient) UpdateRequired(ctx context.Context, containerID string, newImage string) (bool, container.InspectResponse, error) {
	inspect, err := c.Client.ContainerInspect(bounded(ctx), containerID)
	if err != nil {
		return false, inspect, wrapErr("inspect container", containerID, err)
	}
	if newImage == "" {
		newImage = inspect.Config.Image
	}
	image, err := c.Client.ImageInspect(bounded(ctx), newImage)
	if errors.Is(kindOf(err), ErrNotFound) {
		return true, inspect, nil
	}
	if err != nil {
		return false, inspect, wrapErr("inspect image", newImage, err)
	}
	return imageID(image.ID) != imageID(inspect.Image), inspect, nil
}

// imageID is an image's ID in the form of Docker; Podman leaves out the algorithm in places.
func imageID(id string) string {
	return "sha256:" + strings.TrimPrefix(id, "sha256:")
}

// readCloneSource asks the engine for all that a plan is computed from.
func (c *ContainerClient) readCloneSource(ctx context.Context, nameOrID, newRef string) (*cloneSource, error) {
	old, err := c.inspectDocument(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	s := &cloneSource{container: old, newRef: newRef, api: c.Client.ClientVersion()}
	if s.newRef == "" {
		s.newRef = old.object("Config").text("Image")
	}
	if s.oldImage, err = c.imageDocument(ctx, old.text("Image")); err != nil {
		return nil, fmt.Errorf("read image of the container: %w", err)
	}
	s.newImage, err = c.imageDocument(ctx, s.newRef)
	if errors.Is(kindOf(err), ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", ErrNoImage, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read image %s: %w", s.newRef, err)
	}
	if s.shared, err = c.sharedMounts(ctx, old); err != nil {
		return nil, err
	}
	if old.object("HostConfig").text("NetworkMode") == "host" {
		info, err := c.Client.Info(bounded(ctx))
		if err != nil {
			return nil, fmt.Errorf("read name of machine: %w", err)
		}
		s.machine = info.Name
	}
	if c.LibPod == nil {
		return s, nil
	}
	if s.native, err = c.nativeDocument(ctx, "/containers/"+old.text("Id")+"/json"); err != nil {
		return nil, err
	}
	s.hidden, err = readPodmanHidden(s.native)
	return s, err
}

// inspectDocument is a container's inspect by Docker's API, every field of it.
func (c *ContainerClient) inspectDocument(ctx context.Context, nameOrID string) (document, error) {
	_, raw, err := c.Client.ContainerInspectWithRaw(bounded(ctx), nameOrID, false)
	if err != nil {
		return nil, err
	}
	return parseDocument(raw)
}

// imageDocument is an image's inspect. Podman's Docker API leaves out the healthcheck before version 5, its own has it
// beside the configuration.
func (c *ContainerClient) imageDocument(ctx context.Context, ref string) (document, error) {
	var raw bytes.Buffer
	if _, err := c.Client.ImageInspect(bounded(ctx), ref, client.ImageInspectWithRawResponse(&raw)); err != nil {
		return nil, err
	}
	image, err := parseDocument(raw.Bytes())
	if err != nil || c.LibPod == nil {
		return image, err
	}
	native, err := c.nativeDocument(ctx, "/images/"+image.text("Id")+"/json")
	if err != nil {
		return nil, err
	}
	if check := native.object("Healthcheck"); check != nil {
		image.section("Config")["Healthcheck"] = map[string]any(check)
	}
	return image, nil
}

// nativeDocument reads one object by Podman's own API.
func (c *ContainerClient) nativeDocument(ctx context.Context, path string) (document, error) {
	resp, err := c.LibPod.send(bounded(ctx), http.MethodGet, path, nil, nil)
	if err != nil {
		return nil, err
	}
	return readDocument(resp)
}

// sharedMounts are the volumes, by destination, that a container has from others by VolumesFrom.
func (c *ContainerClient) sharedMounts(ctx context.Context, old document) (map[string]string, error) {
	shared := map[string]string{}
	for _, from := range old.object("HostConfig").texts("VolumesFrom") {
		name, _, _ := strings.Cut(from, ":")
		other, err := c.inspectDocument(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("HostConfig.VolumesFrom: %w", err)
		}
		for _, mount := range other.objects("Mounts") {
			shared[mount.text("Destination")] = mount.text("Name")
		}
	}
	return shared, nil
}
