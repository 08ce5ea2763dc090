package engine

import (
	"context"
	"errors"

	"github.com/distribution/reference"
)

// ImageReference returns a reference that means the image of that ID: ref if it still does, else one by digest of the
// same repository, which engines keep of what they have pulled, else the ID. It is ErrNoImage if the image is gone.
func (c *ContainerClient) ImageReference(ctx context.Context, id, ref string) (string, error) {
	if c.means(ctx, ref, id) {
		return ref, nil
	}
	img, err := c.Client.ImageInspect(bounded(ctx), id)
	if errors.Is(kindOf(err), ErrNotFound) {
		return "", &opError{verb: "find image", object: ref + " (" + id + ")", kind: ErrNoImage, cause: err}
	}
	if err != nil {
		return "", wrapErr("inspect image", id, err)
	}
	for _, digest := range img.RepoDigests {
		if repositoryOf(digest) == repositoryOf(ref) && c.means(ctx, digest, id) {
			return digest, nil
		}
	}
	return id, nil
}

// means reports whether a reference means the image of that ID now.
func (c *ContainerClient) means(ctx context.Context, ref, id string) bool {
	img, err := c.Client.ImageInspect(bounded(ctx), ref)
	return err == nil && imageID(img.ID) == imageID(id)
}

// repositoryOf is a reference without tag and digest, in full; "" if it is none.
func repositoryOf(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ""
	}
	return named.Name()
}
