package engine

import (
	"context"
	"net/url"
	"time"
)

// State is what supervision needs to know of a container, from one inspect.
type State struct {
	ID, Name string
	// Image is the reference as configured; ImageID what it meant when the container was created.
	Image, ImageID string
	// Status is created, running, paused, restarting, removing, exited or dead.
	Status string
	// Running is true while paused or between two restarts, too.
	Running bool
	// Health is healthy, unhealthy or starting; "" without a healthcheck.
	Health        string
	FailingStreak int
	ExitCode      int
	// Restarts by the restart policy since the creation.
	Restarts int
	// OOMKilled: the kernel ended the container for want of memory. The conmon that comes with Podman 4 can see the exit
	// first, and misses it then.
	OOMKilled             bool
	StartedAt, FinishedAt time.Time // zero if it never happened
	Labels                map[string]string
	// Group and Service are the compose project and service, "" if the container belongs to none.
	Group, Service string
}

// inspected is the part of the engine's inspect that State is made of. Both engines' Docker APIs use these names.
type inspected struct {
	ID           string `json:"Id"`
	Name         string
	Image        string
	RestartCount int
	State        struct {
		Status                string
		Running, OOMKilled    bool
		ExitCode, Pid         int
		StartedAt, FinishedAt time.Time
		Health                *struct {
			Status        string
			FailingStreak int
		}
	}
	Config struct {
		Image  string
		Tty    bool
		Labels map[string]string
	}
}

// State inspects the container, or fails with [ErrNotFound].
func (c *ContainerClient) State(ctx context.Context, nameOrID string) (State, error) {
	in, err := c.inspect(ctx, nameOrID)
	if err != nil {
		return State{}, err
	}
	return in.state(), nil
}

func (c *ContainerClient) inspect(ctx context.Context, nameOrID string) (*inspected, error) {
	var in inspected
	err := c.call(ctx, "inspect container", nameOrID, func(ctx context.Context) error {
		return c.getJSON(ctx, "/containers/"+url.PathEscape(nameOrID)+"/json", nil, &in)
	})
	return &in, err
}

func (in *inspected) state() State {
	s := State{
		ID: in.ID, Name: FormatContainerName(in.Name), Image: in.Config.Image, ImageID: in.Image,
		Status: dockerStatus(in.State.Status), Running: in.State.Running,
		ExitCode: in.State.ExitCode, Restarts: in.RestartCount, OOMKilled: in.State.OOMKilled,
		StartedAt: eventTime(in.State.StartedAt), FinishedAt: eventTime(in.State.FinishedAt), Labels: in.Config.Labels,
		Group: in.Config.Labels[labelProject], Service: in.Config.Labels[labelService],
	}
	if h := in.State.Health; h != nil {
		// Docker says "none" where the image's healthcheck was switched off.
		if s.Health = healthWord(h.Status); s.Health != "" {
			s.FailingStreak = h.FailingStreak
		}
	}
	return s
}

// eventTime is t, or the zero time for what never happened: Docker says year 1, Podman sometimes 1970.
func eventTime(t time.Time) time.Time {
	if t.Unix() <= 0 {
		return time.Time{}
	}
	return t
}
