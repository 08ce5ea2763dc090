package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/strslice"

	"edged/engine"
)

// The rest of what seedapi_test.go begins: images, clones, compose and multiplexed output.

// Functions.
var (
	_ func(string) error                                                     = engine.CheckPodmanComposeError
	_ func(*container.Config, engine.CloneOptions) *container.Config         = engine.CloneContainerConfig
	_ func(*container.HostConfig, engine.CloneOptions) *container.HostConfig = engine.CloneHostConfig
	_ func(*container.NetworkSettings) *network.NetworkingConfig             = engine.CloneNetworkConfig
	_ func(context.Context, []string, string, string, string) error          = engine.EnsureExtraHost
	_ func([]string, []string) []string                                      = engine.FilterEnvVariables
	_ func(map[string]string, []string) map[string]string                    = engine.FilterLabels
	_ func(string, string) string                                            = engine.GetRegistryAuth
	_ func(string, string) bool                                              = engine.ImageRefsEqual
	_ func(string, string) string                                            = engine.BuildImageRef
	_ func(string) string                                                    = engine.NormalizeImageRef
	_ func(string) (string, bool)                                            = engine.ResolveDockerIOImage
	_ func(context.Context, []string, string) ([]string, error)              = engine.ReadImages
	_ func(string) string                                                    = engine.ReadModuleName
	_ func(io.Writer, engine.StdType) io.Writer                              = engine.NewStdWriter
	_ func(io.Writer, io.Writer, io.Reader) (int64, error)                   = engine.StdCopy
)

// imageMethods are those of ContainerClient about images, clones and compose.
type imageMethods interface {
	CloneContainer(ctx context.Context, containerID string, opts engine.CloneOptions) error
	ComposeDown(ctx context.Context, w io.Writer, projectName string, defaultWorkingDir string) error
	ComposeUp(ctx context.Context, w io.Writer, projectName string, workingDir string, extraArgs ...string) error
	DockerCommand(args ...string) (string, []string, error)
	Fork(ctx context.Context, currentContainer container.InspectResponse, cloneOptions engine.CloneOptions) error
	ImagePullWithRetries(ctx context.Context, imageRef string, alwaysPull bool, opts engine.ImagePullOptions) (*image.InspectResponse, error)
	LoadImageFromFile(ctx context.Context, path string, imageRef string) (string, error)
	ImagesPruneUnused(ctx context.Context) (image.PruneReport, error)
	ResolveComposeProjectName(ctx context.Context, name string) (string, error)
	UpdateRequired(ctx context.Context, containerID string, newImage string) (bool, container.InspectResponse, error)
}

var _ imageMethods = (*engine.ContainerClient)(nil)

// Types, with each field by name and type.
var (
	_ = engine.CloneOptions{
		Name: string(""), Image: string(""), HealthyAfter: time.Duration(0), StopAfter: time.Duration(0), StopTimeout: time.Duration(0),
		WaitForExit: bool(false), AutoRemove: bool(false), Env: []string{}, ExtraHosts: []string{}, Cmd: strslice.StrSlice{},
		Entrypoint: strslice.StrSlice{}, IgnorePorts: bool(false), Labels: map[string]string{}, SkipNetwork: bool(false), IgnoreEnvVars: []string{},
	}
	_ = engine.ImagePullOptions{
		AuthFunc: func(context.Context, int) (string, error) { return "", nil }, MaxAttempts: int(1), Wait: time.Duration(0),
	}
	_ = []engine.StdType{engine.Stdin, engine.Stdout, engine.Stderr, engine.Systemerr}
	_ = engine.StdType(byte(0))
)

// TestSeedJSON: programs publish these types, so the names in their JSON belong to the API, too.
func TestSeedJSON(t *testing.T) {
	for want, value := range map[string]any{
		`{"name":"n","status":"up","serviceType":"container","container":{},"time":1}`: engine.TedgeContainer{
			Name: "n", Status: "up", ServiceType: "container", Time: engine.NewJSONTime(time.Unix(1, 0)),
		},
		`{"containerId":"1","state":"2","containerStatus":"3","createdAt":"4","image":"5","ports":"6","networks":"7",` +
			`"runningFor":"8","filesystem":"9","command":"10","networkMode":"11","serviceName":"12","projectName":"13"}`: engine.Container{
			Name: "-", Id: "1", State: "2", Status: "3", CreatedAt: "4", Image: "5", Ports: "6", NetworkIDs: []string{"-"}, Networks: "7",
			RunningFor: "8", Filesystem: "9", Command: "10", NetworkMode: "11", ServiceName: "12", ProjectName: "13", ModuleName: "-",
			Labels: map[string]string{"-": "-"},
		},
		`{"container":{"cpu":1.50,"memory":0,"netio":0}}`: engine.ContainerTelemetryMessage{
			Container: engine.ContainerStats{Cpu: engine.NewLowerPrecisionFloat64(1.5, 2)},
		},
		`{"host":{"eventLogger":"file"}}`: engine.LibPodInfo{Host: engine.LibPodInfoHost{EventLogger: "file"}},
		`{"HostConfig":{"UsernsMode":"private","IDMappings":{"UIDMap":["0:1:2"],"GIDMap":["3:4:5"]}}}`: engine.LibPodInspectResponse{
			HostConfig: engine.LibPodHostConfig{
				UsernsMode: "private", IDMappings: &engine.LibPodIDMappings{UIDMap: []string{"0:1:2"}, GIDMap: []string{"3:4:5"}},
			},
		},
		`{"Id":"1","Size":2}`: engine.ResponsePruneImage{Id: "1", Size: 2},
	} {
		if got, err := json.Marshal(value); err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}

// TestStdCopy: a program writes and reads multiplexed output without the Docker module.
func TestStdCopy(t *testing.T) {
	var stream, stdout, stderr bytes.Buffer
	io.WriteString(engine.NewStdWriter(&stream, engine.Stdout), "out")
	io.WriteString(engine.NewStdWriter(&stream, engine.Stderr), "error")
	if n, err := engine.StdCopy(&stdout, &stderr, &stream); n != 8 || err != nil || stdout.String() != "out" || stderr.String() != "error" {
		t.Errorf("copied %d, %v: %q and %q", n, err, &stdout, &stderr)
	}
	io.WriteString(engine.NewStdWriter(&stream, engine.Systemerr), "fault")
	if _, err := engine.StdCopy(io.Discard, io.Discard, &stream); err == nil {
		t.Error("the engine's own fault passed for output")
	}
}
