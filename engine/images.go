package engine

import (
	"context"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
)

// StoredImage is what is known of an image that the engine has.
type StoredImage struct {
	ID   string   // "sha256:…"
	Arch string   // as the image says: amd64 arm64 arm; empty if it does not
	Size int64    // bytes; layers that it shares with others are counted with each
	Used bool     // by a container, running or not
	Tags []string // the references that it has, as the engine writes them; not those by digest
}

// Image is what the engine has under a reference or an ID, or fails with [ErrNotFound]. Whether it is used is not told.
func (c *ContainerClient) Image(ctx context.Context, ref string) (StoredImage, error) {
	img, err := c.Client.ImageInspect(bounded(ctx), ref)
	if err != nil {
		return StoredImage{}, wrapErr("inspect image", ref, err)
	}
	return StoredImage{ID: imageID(img.ID), Arch: img.Architecture, Size: img.Size}, nil
}

// Images returns the images that the engine has, by ID; of each its size, and whether it is used.
func (c *ContainerClient) Images(ctx context.Context) (map[string]StoredImage, error) {
	list, err := c.Client.ImageList(bounded(ctx), image.ListOptions{})
	if err != nil {
		return nil, wrapErr("list images", "", err)
	}
	users, err := c.summaries(ctx, container.ListOptions{All: true})
	if err != nil {
		return nil, err
	}
	found := map[string]StoredImage{}
	for _, item := range list {
		found[imageID(item.ID)] = StoredImage{Size: item.Size, Tags: item.RepoTags}
	}
	for _, user := range users {
		id := imageID(user.ImageID)
		used := found[id]
		used.Used = true
		found[id] = used
	}
	return found, nil
}

// TagImage has ref mean the image.
func (c *ContainerClient) TagImage(ctx context.Context, image, ref string) error {
	return wrapErr("tag image", ref, c.Client.ImageTag(bounded(ctx), image, ref))
}

// RemoveImage removes the image of that ID, or a reference, and the image with the last one. It is never forced: an image that a container uses, or that has names in
// several repositories, stays, which is [ErrConflict].
func (c *ContainerClient) RemoveImage(ctx context.Context, id string) error {
	_, err := c.Client.ImageRemove(bounded(ctx), id, image.RemoveOptions{PruneChildren: true})
	return wrapErr("remove image", id, err)
}
