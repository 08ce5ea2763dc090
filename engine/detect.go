package engine

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/tlsconfig"
)

// EngineType names the engine behind the socket.
type EngineType string

// The engines known.
const (
	EngineDocker  EngineType = "docker"
	EnginePodman  EngineType = "podman"
	EngineUnknown EngineType = "unknown"
)

// EngineCapabilities is what the engine said about itself when the client was made.
type EngineCapabilities struct {
	// Type is the engine's make.
	Type EngineType
	// HasLibPodAPI: the socket also speaks Podman's own API.
	HasLibPodAPI bool
	// Version of the engine, such as "28.5.2" or "5.4.2".
	Version string
}

// probeTimeout bounds the first question to each candidate, so that a socket nobody serves does not hide the next one.
// The only one there is may take the time of any call: a Podman that is busy counts its containers for the answer.
const probeTimeout = 10 * time.Second

// errBadOption marks failures that no retry mends.
var errBadOption = errors.New("invalid option")

// Candidates lists the hosts where an engine may listen, in the order they are tried. DOCKER_HOST, else CONTAINER_HOST,
// decides alone if set. Then come the sockets of rootless Docker and Podman, then those of rootful Docker and Podman.
func Candidates() []string {
	for _, name := range []string{"DOCKER_HOST", "CONTAINER_HOST"} {
		if v := os.Getenv(name); v != "" {
			return []string{v}
		}
	}
	user := GetUserID()
	hosts := []string{"unix:///run/user/" + user + "/docker.sock"}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		hosts = append(hosts, "unix://"+filepath.Join(dir, "docker.sock"), "unix://"+filepath.Join(dir, "podman/podman.sock"))
	}
	return append(hosts,
		"unix:///run/user/"+user+"/podman/podman.sock",
		"unix:///tmp/storage-run-"+user+"/podman/podman.sock", // Alpine
		"unix:///var/run/docker.sock",
		"unix:///run/podman/podman.sock",
		"unix:///run/user/0/podman/podman.sock",
	)
}

// GetUserID is the effective user's number. Under sudo it is the number of the user who called it, whose rootless engine
// is meant.
func GetUserID() string {
	if os.Geteuid() == 0 {
		if v := os.Getenv("SUDO_UID"); v != "" {
			return v
		}
	}
	return strconv.Itoa(os.Geteuid())
}

// isAbsent reports whether host names a socket file that does not exist.
func isAbsent(host string) bool {
	path, isFile := strings.CutPrefix(host, "unix://")
	return isFile && !fileExists(path)
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// connectAny tries the named host, or each candidate whose socket exists, once.
func connectAny(ctx context.Context, o *ClientOptions) (*ContainerClient, error) {
	if o.Host != "" {
		return connect(ctx, o, o.Host, o.CallTimeout)
	}
	hosts := Candidates()
	if len(hosts) == 1 {
		return connect(ctx, o, hosts[0], o.CallTimeout)
	}
	var failures []error
	for _, host := range slices.DeleteFunc(hosts, isAbsent) {
		c, err := connect(ctx, o, host, min(probeTimeout, o.CallTimeout))
		if err == nil {
			return c, nil
		}
		failures = append(failures, err)
	}
	if len(failures) == 0 {
		return nil, fmt.Errorf("%w: no container engine socket found", ErrUnreachable)
	}
	return nil, errors.Join(failures...)
}

// connect makes the client for host and asks the engine there who it is, which may take so long.
func connect(ctx context.Context, o *ClientOptions, host string, limit time.Duration) (*ContainerClient, error) {
	c, err := newClient(o, host)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadOption, err)
	}
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := c.identify(bounded(short)); err != nil {
		c.Close()
		if ctx.Err() == nil && short.Err() != nil {
			err = fmt.Errorf("%w: no answer", ErrUnreachable)
		}
		return nil, wrapErr("reach", host, err)
	}
	return c, nil
}

// newClient wires the client together. It does no I/O but reading TLS certificates.
func newClient(o *ClientOptions, host string) (*ContainerClient, error) {
	tlsConfig, err := hostTLS(o, host)
	if err != nil {
		return nil, err
	}
	transport, err := newTransport(host, tlsConfig)
	if err != nil {
		return nil, err
	}
	hc := &http.Client{Transport: boundedTransport{transport}, CheckRedirect: client.CheckRedirect}
	scheme := "http"
	if tlsConfig != nil {
		scheme = "https"
	}
	// WithHost configures a plain transport only, so it comes before our client, which is configured already.
	cli, err := client.NewClientWithOpts(client.WithHost(host), client.WithHTTPClient(hc), client.WithScheme(scheme),
		client.WithVersionFromEnv(), client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, err
	}
	// The Docker module wraps its client's transport for tracing; our own requests need none of that.
	own := &http.Client{Transport: boundedTransport{transport}, CheckRedirect: client.CheckRedirect}
	return &ContainerClient{
		Client: cli, http: own, transport: transport, base: baseURL(host, tlsConfig),
		callTimeout: o.CallTimeout, stats: newSampleCache(),
	}, nil
}

// hostTLS is the TLS configuration for a tcp host: the caller's, or what the docker command's variables ask for. With
// DOCKER_TLS_VERIFY alone the certificates are those of the docker command's own folder: the engine must not be spoken to
// in the clear because a second variable is missing. A certificate of our own is only for engines that want one.
func hostTLS(o *ClientOptions, host string) (*tls.Config, error) {
	if !strings.HasPrefix(host, "tcp://") {
		return nil, nil
	}
	dir, verify := os.Getenv(client.EnvOverrideCertPath), os.Getenv(client.EnvTLSVerify) != ""
	if o.TLS != nil || dir == "" && !verify {
		return o.TLS, nil
	}
	if dir == "" {
		dir = os.Getenv("DOCKER_CONFIG")
	}
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("find TLS certificates: %w", err)
		}
		dir = filepath.Join(home, ".docker")
	}
	options := tlsconfig.Options{CAFile: filepath.Join(dir, "ca.pem"), InsecureSkipVerify: !verify}
	if cert := filepath.Join(dir, "cert.pem"); fileExists(cert) {
		options.CertFile, options.KeyFile = cert, filepath.Join(dir, "key.pem")
	}
	config, err := tlsconfig.Client(options)
	if err != nil {
		return nil, fmt.Errorf("read TLS certificates: %w", err)
	}
	return config, nil
}

// identify finds out who answers, and probes the libpod API. Every engine names itself and its version in the answer to a
// ping: "Docker/28.5.2 (linux)", "Libpod/5.4.2 (linux)". Only behind a proxy that hides that is it asked by /version, for
// which Podman runs half a dozen programs and takes seconds on a small device; its /info carries the machine's name, which
// proves nothing.
func (c *ContainerClient) identify(ctx context.Context) error {
	resp, err := send(ctx, c.http, http.MethodGet, c.base+"/_ping", nil, nil)
	if err != nil {
		return err
	}
	resp.Body.Close()
	c.Client.NegotiateAPIVersionPing(types.Ping{APIVersion: resp.Header.Get("Api-Version")})
	c.Engine = serverOf(resp.Header.Get("Server"))
	if c.Engine.Type == EngineUnknown {
		if c.Engine, err = c.askVersion(ctx); err != nil {
			return err
		}
	}
	if c.Engine.Type == EngineDocker {
		return nil
	}
	libpod := &SocketClient{BaseURL: c.base + libpodPath, Client: c.http}
	switch err := libpod.Test(ctx); {
	case err == nil:
		c.Engine.Type, c.Engine.HasLibPodAPI, c.LibPod = EnginePodman, true, libpod
	case !errors.Is(err, ErrPodmanAPIError):
		return err
	}
	return nil
}

// serverOf reads the name under which a server answers.
func serverOf(header string) EngineCapabilities {
	name, rest, _ := strings.Cut(header, "/")
	version, _, _ := strings.Cut(rest, " ")
	switch {
	case version == "":
	case name == "Docker":
		return EngineCapabilities{Type: EngineDocker, Version: version}
	case name == "Libpod":
		return EngineCapabilities{Type: EnginePodman, Version: version}
	}
	return EngineCapabilities{Type: EngineUnknown}
}

// askVersion asks the engine for its version, in whose components it names itself.
func (c *ContainerClient) askVersion(ctx context.Context) (EngineCapabilities, error) {
	found := EngineCapabilities{Type: EngineUnknown}
	resp, err := send(ctx, c.http, http.MethodGet, c.base+"/version", nil, nil)
	if err != nil {
		return found, err
	}
	defer resp.Body.Close()
	var version struct {
		Version    string
		Components []struct{ Name string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&version); err != nil {
		return found, fmt.Errorf("read version: %w", err)
	}
	found.Version = version.Version
	for _, component := range version.Components {
		switch component.Name {
		case "Engine":
			found.Type = EngineDocker
		case "Podman Engine":
			found.Type = EnginePodman
		}
	}
	return found, nil
}
