package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edged/core/request"
	"edged/engine"
)

// prune removes images that edged has brought and that nobody needs: no container uses
// them, none can be put back to them, and no reference that a container or a request has
// means them.
func (a *errand) prune(ctx context.Context) request.Result {
	have, err := a.engine.Images(ctx)
	if err != nil {
		return a.failed(err)
	}
	needed, err := a.neededImages(ctx)
	if err != nil {
		return a.failed(err)
	}
	brought, before := a.images.all()
	var failures error
	for id, b := range brought {
		img, there := have[id]
		switch age := time.Since(b.At); {
		case !there:
			a.images.forget(id)
			continue
		case img.Used || needed[id] || before[id] || age < time.Duration(a.request.Options.OlderThan):
			continue
		}
		err := a.engine.RemoveImage(ctx, id)
		switch {
		case errors.Is(err, engine.ErrConflict): // somebody has given it a name of their own, or uses it by now
			continue
		case err != nil && !errors.Is(err, engine.ErrNotFound):
			failures = errors.Join(failures, err)
			continue
		}
		a.images.forget(id)
		a.res.Removed = append(a.res.Removed, b.Ref)
		a.res.FreedBytes += img.Size
	}
	switch {
	case failures != nil:
		return ended(a.res, request.Failed, fmt.Errorf("%d images were removed: %w", len(a.res.Removed), failures))
	case len(a.res.Removed) == 0:
		return ended(a.res, request.Unchanged, nil)
	}
	return ended(a.res, request.Committed, nil)
}

// neededImages are the ids of what the references of containers and of requests under
// way mean now: an update that is put off has its image already.
func (a *errand) neededImages(ctx context.Context) (map[string]bool, error) {
	refs := map[string]bool{}
	for _, r := range a.requests.running() {
		refs[r.Image] = true
	}
	list, err := a.engine.List(ctx, engine.FilterOptions{})
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		refs[c.Container.Image] = true
	}
	delete(refs, "")
	ids := map[string]bool{}
	for ref := range refs {
		img, err := a.engine.Image(ctx, ref)
		if errors.Is(err, engine.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		ids[img.ID] = true
	}
	return ids, nil
}

// bring has pull fetch an image, and notes it if it was not there before.
func (a *errand) bring(ctx context.Context, ref string, pull func() error) error {
	had, unknown := a.engine.Images(ctx)
	if err := pull(); err != nil {
		return err
	}
	a.noteBrought(ctx, ref, had, unknown)
	return nil
}

// noteBrought notes an image that there is now, if had, the images before, has it not.
func (a *errand) noteBrought(ctx context.Context, ref string, had map[string]engine.StoredImage, unknown error) {
	img, err := a.engine.Image(ctx, ref)
	if err = errors.Join(unknown, err); err != nil {
		a.log.Info("the image will never be pruned", "image", ref, "reason", err)
	} else if _, there := had[img.ID]; !there {
		a.images.bring(img.ID, broughtImage{Ref: ref, At: time.Now().UTC().Round(time.Second)})
	}
}
