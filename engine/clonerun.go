package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
)

// ErrRolledBack: the new container failed and the old one is in its place again, running if it ran before.
var ErrRolledBack = errors.New("rolled back to the old container")

// ErrNotRolledBack: the new container failed and the old one could not be put back. It needs a human.
var ErrNotRolledBack = errors.New("could not be rolled back")

const (
	healthTime = 30 * time.Second
	exitTime   = 5 * time.Minute
	undoTime   = 2 * time.Minute
)

// CloneContainer replaces a container by a new one with the same settings and, usually, a new image, which has to be
// there already. The new one is created before the old one is stopped, and the old one is kept under another name
// until the new one is healthy. Otherwise it is put back, and the error is ErrRolledBack beside the reason, or
// ErrNotRolledBack. Any other error means that the old container was never touched. A container that didn't run is
// replaced without a start.
//
// The steps are safe one by one, but nothing here survives the end of this process: who needs that runs the steps by
// PlanClone and CreateNext with a record. The package whose API this is lost settings, and returned nil after a
// rollback.
func (c *ContainerClient) CloneContainer(ctx context.Context, containerID string, opts CloneOptions) error {
	plan, err := c.PlanClone(ctx, containerID, opts)
	if err != nil {
		return err
	}
	if err := c.clearNames(ctx, plan, opts.Naming); err != nil {
		return wrapErr("clone container", plan.Name, err)
	}
	next, err := c.CreateNext(ctx, plan, opts.Naming.next(plan.Name), map[string]string{opts.Naming.label(): plan.OldID})
	if err != nil {
		return wrapErr("clone container", plan.Name, err)
	}
	r := &replacement{engine: c, plan: plan, next: next, opts: opts}
	if err := r.run(ctx); err != nil {
		return wrapErr("clone container", plan.Name, r.rollback(ctx, err))
	}
	return wrapErr("remove old container", plan.Name, c.Remove(ctx, plan.OldID))
}

// clearNames removes what an earlier replacement of the same container left under the names that this one needs: a
// new container that never took over, and an old one whose successor is the one to be replaced now. Any other
// container of such a name isn't ours, and is ErrConflict.
func (c *ContainerClient) clearNames(ctx context.Context, plan *Plan, naming CloneNaming) error {
	current := plan.source.container.object("Config", "Labels").text(naming.label())
	for _, name := range []string{naming.next(plan.Name), naming.prev(plan.Name)} {
		found, err := c.State(ctx, name)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		neverTookOver := name == naming.next(plan.Name) && found.Labels[naming.label()] != "" && !found.Running
		if !neverTookOver && found.ID != current {
			return fmt.Errorf("name %s is taken by another container: %w", name, ErrConflict)
		}
		if err := c.Remove(ctx, found.ID); err != nil {
			return err
		}
	}
	return nil
}

// replacement is one container taking the place of another.
type replacement struct {
	engine  *ContainerClient
	plan    *Plan
	next    string // ID of the new container
	opts    CloneOptions
	policy  *container.RestartPolicy // of the old one, if it was changed
	touched bool                     // the old one was stopped or renamed
}

// run takes the steps up to the health gate.
func (r *replacement) run(ctx context.Context) error {
	if err := r.stopOld(ctx); err != nil {
		return err
	}
	r.touched = true
	if err := r.engine.Rename(ctx, r.plan.OldID, r.opts.Naming.prev(r.plan.Name)); err != nil {
		return err
	}
	if err := r.engine.Rename(ctx, r.next, r.plan.Name); err != nil {
		return err
	}
	if !r.plan.WasRunning {
		return nil
	}
	if err := r.engine.StartContainer(ctx, r.next); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, orDuration(r.opts.HealthyAfter, healthTime))
	defer cancel()
	return r.engine.WaitForHealthy(ctx, r.next)
}

// stopOld ends the old container, or waits until it has ended by itself.
func (r *replacement) stopOld(ctx context.Context) error {
	if !r.plan.WasRunning {
		return nil
	}
	if r.opts.WaitForExit {
		return r.awaitOld(ctx)
	}
	if err := pause(ctx, r.opts.StopAfter); err != nil {
		return err
	}
	r.touched = true
	var timeout *time.Duration
	if r.opts.StopTimeout > 0 {
		timeout = &r.opts.StopTimeout
	}
	return r.engine.Stop(ctx, r.plan.OldID, timeout)
}

// awaitOld waits for the old container's own exit. Its restart policy is put aside, since the engine would start it
// again at once.
func (r *replacement) awaitOld(ctx context.Context) error {
	host := r.plan.source.container.object("HostConfig", "RestartPolicy")
	r.policy = &container.RestartPolicy{
		Name: container.RestartPolicyMode(host.text("Name")), MaximumRetryCount: int(host.number("MaximumRetryCount")),
	}
	r.touched = true
	if err := r.engine.setRestartPolicy(ctx, r.plan.OldID, container.RestartPolicy{Name: container.RestartPolicyDisabled}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, orDuration(r.opts.StopTimeout, exitTime))
	defer cancel()
	return r.engine.WaitForStop(ctx, r.plan.OldID)
}

// rollback puts the old container back and says so beside the cause. It goes on when ctx has ended.
func (r *replacement) rollback(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	err := r.engine.Remove(ctx, r.next)
	if !r.touched {
		return errors.Join(cause, err)
	}
	if undoErr := r.restoreOld(ctx); undoErr != nil {
		return fmt.Errorf("%w: %w", ErrNotRolledBack, errors.Join(cause, err, undoErr))
	}
	return fmt.Errorf("%w: %w", ErrRolledBack, errors.Join(cause, err))
}

// restoreOld undoes what was done to the old container; each part may not have been done at all.
func (r *replacement) restoreOld(ctx context.Context) error {
	c := r.engine
	state, err := c.State(ctx, r.plan.OldID)
	if err != nil {
		return err
	}
	if state.Name != r.plan.Name {
		if err := c.Rename(ctx, r.plan.OldID, r.plan.Name); err != nil {
			return err
		}
	}
	if r.policy != nil {
		if err := c.setRestartPolicy(ctx, r.plan.OldID, *r.policy); err != nil {
			return err
		}
	}
	if !r.plan.WasRunning {
		return nil
	}
	return c.StartContainer(ctx, r.plan.OldID)
}

// setRestartPolicy changes the policy of an existing container, on an engine that can.
func (c *ContainerClient) setRestartPolicy(ctx context.Context, id string, policy container.RestartPolicy) error {
	if !c.changesRestartPolicy() {
		return nil
	}
	_, err := c.Client.ContainerUpdate(bounded(ctx), id, container.UpdateConfig{RestartPolicy: policy})
	return wrapErr("change restart policy of", id, err)
}

func orDuration(d, standard time.Duration) time.Duration {
	if d <= 0 {
		return standard
	}
	return d
}
