package engine

import (
	"context"
	"io"

	"github.com/docker/docker/api/types/container"
)

// LogsOptions choose what of a log is read. Since and Until take RFC 3339, seconds since 1970, or a duration back from
// now ("10m"); Tail a number of lines or "all". Details puts before each line, and after its time, what the log driver keeps
// beside it, as "NAME=value,..." with escapes of URLs: on Docker what the driver's options env and labels name; a line of
// which nothing is kept begins with a space. Podman keeps nothing, and leaves the lines as they are.
type LogsOptions container.LogsOptions

// ContainerLogs writes the container's log to w, both streams as they come. With opts.Follow it goes on until the
// container exits or ctx ends. With neither ShowStdout nor ShowStderr both are written. A container with a terminal has
// one raw stream; the API that this one follows garbles it.
func (c *ContainerClient) ContainerLogs(ctx context.Context, w io.Writer, containerID string, opts LogsOptions) error {
	in, err := c.inspect(ctx, containerID)
	if err != nil {
		return err
	}
	if !opts.ShowStdout && !opts.ShowStderr {
		opts.ShowStdout, opts.ShowStderr = true, true
	}
	stream, err := c.Client.ContainerLogs(ctx, containerID, container.LogsOptions(opts))
	if err != nil {
		return wrapErr("read log of container", containerID, err)
	}
	defer stream.Close()
	if in.Config.Tty {
		_, err = io.Copy(w, stream)
	} else {
		err = demultiplex(w, w, stream)
	}
	return wrapErr("read log of container", containerID, err)
}
