package engine_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"edged/engine"
)

// The package has the exported names, types and signatures of the container package of thin-edge's
// tedge-container-plugin, so that a program written for that one compiles with this one. This file says so to the compiler;
// images, clones and compose follow in seedapi_images_test.go.

const _ string = engine.LabelModuleVersion

var (
	_ *string = &engine.ContainerType
	_ *string = &engine.ContainerGroupType
	_ *string = &engine.ContainerStatusHealthy
	_ *error  = &engine.ErrNoImage
	_ *error  = &engine.ErrPodmanAPIError
)

// Functions.
var (
	_ func([]string) string                                                 = engine.ConvertName
	_ func(string) string                                                   = engine.ConvertToTedgeStatus
	_ func(string) string                                                   = engine.FormatContainerName
	_ func([]string) map[string]string                                      = engine.FormatLabels
	_ func([]container.Port) string                                         = engine.FormatPorts
	_ func() string                                                         = engine.GetUserID
	_ func() bool                                                           = engine.IsInsideContainer
	_ func(string) (string, string, bool)                                   = engine.ParseContainerGroup
	_ func(time.Time) engine.JSONTime                                       = engine.NewJSONTime
	_ func(float64, int) engine.LowPrecisionFloat                           = engine.NewLowerPrecisionFloat64
	_ func(*container.Summary) engine.TedgeContainer                        = engine.NewContainerFromDockerContainer
	_ func(string) *engine.Stats                                            = engine.NewStats
	_ func() *engine.SocketClient                                           = engine.NewDefaultLibPodHTTPClient
	_ func(string) *engine.SocketClient                                     = engine.NewLibPodHTTPClient
	_ func(context.Context, ...engine.Opt) (*engine.ContainerClient, error) = engine.NewContainerClient
	_ func(int) engine.Opt                                                  = engine.WithAttempts
	_ func(string) engine.Opt                                               = engine.WithHost
	_ func() engine.Opt                                                     = engine.WithInfiniteRetries
	_ func(time.Duration) engine.Opt                                        = engine.WithRetryInterval
)

// containerMethods are those of ContainerClient about containers, networks, events, logs and statistics.
type containerMethods interface {
	ContainerLogs(ctx context.Context, w io.Writer, containerID string, opts engine.LogsOptions) error
	CreateSharedNetwork(ctx context.Context, name string) error
	GetContainer(ctx context.Context, containerID string) (*engine.TedgeContainer, error)
	GetNetworkGateway(ctx context.Context, name string) string
	GetRestartCount(ctx context.Context, containerID string) (int, error)
	GetStats(ctx context.Context, containerID string) (*engine.ContainerTelemetryMessage, error)
	IsPodman() bool
	List(ctx context.Context, options engine.FilterOptions) ([]engine.TedgeContainer, error)
	LookupProject(ctx context.Context, projectName string, serviceName string) ([]container.Summary, error)
	MonitorEvents(ctx context.Context) (<-chan events.Message, <-chan error)
	RestartContainer(ctx context.Context, containerID string) error
	Self(ctx context.Context) (container.InspectResponse, error)
	StartContainer(ctx context.Context, containerID string) error
	StopContainer(ctx context.Context, containerID string) error
	StopRemoveContainer(ctx context.Context, containerID string) error
	WaitForHealthy(ctx context.Context, containerID string) error
	WaitForStop(ctx context.Context, containerID string) error
}

// libpodMethods are those of SocketClient.
type libpodMethods interface {
	ContainerInspect(ctx context.Context, nameOrID string) (*engine.LibPodInspectResponse, error)
	Events(ctx context.Context) (<-chan events.Message, <-chan error)
	GetEventsBackend(ctx context.Context) string
	PruneImages(body io.Reader) (report image.PruneReport, err error)
	PullImages(ctx context.Context, imageRef string, alwaysPull bool, pullOptions engine.PodmanPullOptions) error
	Test(ctx context.Context) error
}

type statsMethods interface {
	GetError() error
	GetStatistics() engine.StatsEntry
	SetError(err error)
	SetErrorAndReset(err error)
	SetStatistics(s engine.StatsEntry)
}

type pullOptionsMethods interface {
	WithAllTags(v bool) *engine.PodmanAPIPullOptions
	WithPolicy(v string) *engine.PodmanAPIPullOptions
	WithQuiet(v bool) *engine.PodmanAPIPullOptions
}

var (
	_ containerMethods              = (*engine.ContainerClient)(nil)
	_ libpodMethods                 = (*engine.SocketClient)(nil)
	_ statsMethods                  = (*engine.Stats)(nil)
	_ pullOptionsMethods            = (*engine.PodmanAPIPullOptions)(nil)
	_ interface{ GetName() string } = (*engine.Container)(nil)
	_ interface{ IsEmpty() bool }   = engine.FilterOptions{}
	_ json.Marshaler                = engine.LowPrecisionFloat{}
	_ json.Marshaler                = engine.JSONTime{}
	_ json.Unmarshaler              = (*engine.JSONTime)(nil)
)

// Types, with each field by name and type.
var (
	_ engine.Opt = func(*engine.ClientOptions) error { return nil }
	_            = engine.ClientOptions{Attempts: int(1), Host: string(""), RetryInterval: time.Duration(0)}
	_            = engine.ContainerClient{Client: (*client.Client)(nil), Engine: engine.EngineCapabilities{}, LibPod: (*engine.SocketClient)(nil)}
	_            = engine.EngineCapabilities{Type: engine.EngineType(""), HasLibPodAPI: bool(false), Version: string("")}
	_            = []engine.EngineType{engine.EngineDocker, engine.EnginePodman, engine.EngineUnknown}
	_            = engine.SocketClient{BaseURL: string(""), Client: (*http.Client)(nil)}
	_            = engine.FilterOptions{
		Names: []string{}, Labels: []string{}, IDs: []string{}, Types: []string{}, ExcludeNames: []string{}, ExcludeWithLabel: []string{},
	}
	_ = engine.TedgeContainer{
		Name: string(""), Status: string(""), ServiceType: string(""), Container: engine.Container{}, Time: engine.JSONTime{},
	}
	_ = engine.Container{
		Name: string(""), Id: string(""), State: string(""), Status: string(""), CreatedAt: string(""), Image: string(""), Ports: string(""),
		NetworkIDs: []string{}, Networks: string(""), RunningFor: string(""), Filesystem: string(""), Command: string(""), NetworkMode: string(""),
		ServiceName: string(""), ProjectName: string(""), ModuleName: string(""), Labels: map[string]string{},
	}
	_ = engine.JSONTime{Time: time.Time{}, AsRFC3339: bool(false)}
	_ = engine.LogsOptions(container.LogsOptions{})
	_ = engine.StatsEntry{
		Container: string(""), Name: string(""), ID: string(""), CPUPercentage: float64(0), Memory: float64(0), MemoryLimit: float64(0),
		MemoryPercentage: float64(0), NetworkRx: float64(0), NetworkTx: float64(0), BlockRead: float64(0), BlockWrite: float64(0),
		PidsCurrent: uint64(0), IsInvalid: bool(false),
	}
	_ = engine.ContainerTelemetryMessage{Container: engine.ContainerStats{
		Cpu: engine.LowPrecisionFloat{Value: float64(0), Digits: int(0)}, Memory: engine.LowPrecisionFloat{}, NetIO: engine.LowPrecisionFloat{},
	}}
	_ = engine.LibPodInspectResponse{HostConfig: engine.LibPodHostConfig{
		UsernsMode: string(""), IDMappings: &engine.LibPodIDMappings{UIDMap: []string{}, GIDMap: []string{}},
	}}
	_ = engine.LibPodInfo{Host: engine.LibPodInfoHost{EventLogger: string("")}}
	_ = engine.PodmanAPIPullOptions{AllTags: (*bool)(nil), Quiet: (*bool)(nil), Policy: string(""), Reference: string("")}
	_ = engine.PodmanPullOptions{PullOptions: image.PullOptions{}, Quiet: bool(false)}
	_ = engine.ResponsePruneImage{Id: string(""), Size: uint64(0)}
)

func TestSeedStats(t *testing.T) {
	// Stats embeds StatsEntry, and programs reach through it.
	if s := engine.NewStats("c"); s.Container != "c" || s.StatsEntry.Container != "c" {
		t.Errorf("got %q", s.Container)
	}
}
