package engine

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
)

// CreateSpec is a container to be made from an image.
type CreateSpec struct {
	// Name of the container; Image is a reference or an ID that is there already.
	Name, Image string
	// Env entries are "NAME=value".
	Env []string
	// Command and Entrypoint replace the image's; nil keeps them.
	Command, Entrypoint []string
	// Ports are as the docker command takes them: "80", "8080:80", "127.0.0.1:8080-8081:80-81/udp".
	Ports []string
	// Volumes are "name:/path[:options]", "/host:/path[:options]", or "/path" for an anonymous one.
	Volumes []string
	// ExtraHosts are "host:address".
	ExtraHosts []string
	Labels     map[string]string
	// Network is a mode or a network's name; "" is the engine's default. NetworkAliases are the container's names in it.
	Network        string
	NetworkAliases []string
	// Restart is "no", "always", "unless-stopped", "on-failure" or "on-failure:COUNT"; "" is "no".
	Restart string
	// User, WorkingDir and Hostname replace the image's, or the engine's.
	User, WorkingDir, Hostname string
	// Devices are "/dev/host[:/dev/container[:rwm]]".
	Devices []string
	// PublishAll publishes all exposed ports; Init runs a small init as the first process.
	PublishAll, Init, Privileged, ReadOnly bool
	// CapAdd and CapDrop are names of capabilities.
	CapAdd, CapDrop []string
	// StopTimeout is how long the engine waits after the stop signal, in whole seconds; nil is the engine's default.
	StopTimeout *time.Duration
	// Memory is the limit in bytes, CPUs that in cores; 0 none.
	Memory int64
	CPUs   float64
}

// Create makes a container and doesn't start it. If the name is taken, the error is ErrConflict; without the image or
// the network it is ErrNotFound.
func (c *ContainerClient) Create(ctx context.Context, s CreateSpec) (id string, err error) {
	config, host, networks, err := s.request()
	if err != nil {
		return "", wrapErr("create container", s.Name, err)
	}
	made, err := c.Client.ContainerCreate(bounded(ctx), config, host, networks, nil, s.Name)
	if err != nil {
		return "", wrapErr("create container", s.Name, err)
	}
	return made.ID, nil
}

// request is the spec in the engine's words.
func (s CreateSpec) request() (*container.Config, *container.HostConfig, *network.NetworkingConfig, error) {
	exposed, bindings, err := nat.ParsePortSpecs(s.Ports)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("ports: %w", err)
	}
	restart, err := parseRestart(s.Restart)
	if err != nil {
		return nil, nil, nil, err
	}
	devices, err := parseDevices(s.Devices)
	if err != nil {
		return nil, nil, nil, err
	}
	binds, anonymous, err := parseVolumes(s.Volumes)
	if err != nil {
		return nil, nil, nil, err
	}
	config := &container.Config{
		Image: s.Image, Env: s.Env, Cmd: s.Command, Entrypoint: s.Entrypoint, Labels: s.Labels, ExposedPorts: exposed,
		Volumes: anonymous, User: s.User, WorkingDir: s.WorkingDir, Hostname: s.Hostname, StopTimeout: seconds(s.StopTimeout),
	}
	period, quota := cpuQuota(s.CPUs)
	host := &container.HostConfig{
		Binds: binds, PortBindings: bindings, PublishAllPorts: s.PublishAll, ExtraHosts: s.ExtraHosts, RestartPolicy: restart,
		NetworkMode: container.NetworkMode(s.Network), Privileged: s.Privileged, ReadonlyRootfs: s.ReadOnly,
		CapAdd: s.CapAdd, CapDrop: s.CapDrop,
		Resources: container.Resources{Memory: s.Memory, CPUPeriod: period, CPUQuota: quota, Devices: devices},
	}
	if s.Init {
		host.Init = &s.Init
	}
	return config, host, s.networks(), nil
}

func (s CreateSpec) networks() *network.NetworkingConfig {
	if len(s.NetworkAliases) == 0 {
		return nil
	}
	return &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		s.Network: {Aliases: s.NetworkAliases},
	}}
}

// seconds rounds up: a timeout of half a second isn't none.
func seconds(d *time.Duration) *int {
	if d == nil {
		return nil
	}
	n := int(math.Ceil(d.Seconds()))
	return &n
}
