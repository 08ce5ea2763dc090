package engine

import (
	"context"
	"net/url"
	"strconv"
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
	Settings       Settings
}

// Settings are what a container is run with, the image's defaults included.
type Settings struct {
	Env     []string // NAME=value, without those that Podman makes up for each container
	Restart string   // no, always, unless-stopped, on-failure or on-failure:COUNT
	Memory  int64    // limit in bytes; 0: none
	CPUs    float64  // limit in cores; 0: none
	// StopTimeout is from the stop signal to the kill; 0: the engine's default.
	StopTimeout time.Duration
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
		Image, Hostname string
		Tty             bool
		Labels          map[string]string
		Env             []string
		StopTimeout     int // seconds
	}
	HostConfig struct {
		RestartPolicy struct {
			Name              string
			MaximumRetryCount int
		}
		Memory, NanoCPUs, CPUQuota, CPUPeriod int64 // names are matched whatever their case
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
		ID: in.ID, Name: FormatContainerName(in.Name), Image: in.Config.Image, ImageID: imageID(in.Image),
		Status: dockerStatus(in.State.Status), Running: in.State.Running,
		ExitCode: in.State.ExitCode, Restarts: in.RestartCount, OOMKilled: in.State.OOMKilled,
		StartedAt: eventTime(in.State.StartedAt), FinishedAt: eventTime(in.State.FinishedAt), Labels: in.Config.Labels,
		Group: in.Config.Labels[labelProject], Service: in.Config.Labels[labelService],
		Settings: in.settings(),
	}
	if h := in.State.Health; h != nil {
		// Docker says "none" where the image's healthcheck was switched off.
		if s.Health = healthWord(h.Status); s.Health != "" {
			s.FailingStreak = h.FailingStreak
		}
	}
	return s
}

func (in *inspected) settings() Settings {
	host, policy := &in.HostConfig, &in.HostConfig.RestartPolicy
	s := Settings{
		Restart: orDefault(policy.Name, "no"), Memory: host.Memory, CPUs: float64(host.NanoCPUs) / 1e9,
		StopTimeout: time.Duration(in.Config.StopTimeout) * time.Second,
	}
	for _, entry := range in.Config.Env {
		if entry != "HOSTNAME="+in.Config.Hostname && entry != "container=podman" && entry != "container=libpod" {
			s.Env = append(s.Env, entry)
		}
	}
	if policy.MaximumRetryCount > 0 {
		s.Restart += ":" + strconv.Itoa(policy.MaximumRetryCount)
	}
	if s.CPUs == 0 && host.CPUPeriod > 0 {
		s.CPUs = max(float64(host.CPUQuota)/float64(host.CPUPeriod), 0)
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
