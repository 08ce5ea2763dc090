package engine

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-units"
)

// Service types of a [TedgeContainer].
var (
	ContainerType      string = "container"
	ContainerGroupType string = "container-group"
)

// LabelModuleVersion holds the module version given at installation. Image references can't tell it, since engines
// rewrite them each in their own way.
const LabelModuleVersion = "io.thin-edge.module.version"

// Labels that compose sets, see https://docs.docker.com/reference/compose-file/.
const (
	labelProject    = "com.docker.compose.project"
	labelService    = "com.docker.compose.service"
	labelWorkingDir = "com.docker.compose.project.working_dir"
)

// TedgeContainer is a container as thin-edge publishes it: a service with a container inside.
type TedgeContainer struct {
	Name        string    `json:"name"`
	Status      string    `json:"status"`
	ServiceType string    `json:"serviceType"`
	Container   Container `json:"container"`
	Time        JSONTime  `json:"time"`
}

// Health is healthy, unhealthy or starting, read from the status text; "" if the container has no healthcheck or does
// not run.
func (t TedgeContainer) Health() string {
	_, text, ok := strings.Cut(t.Container.Status, "(")
	text, _, closed := strings.Cut(text, ")")
	if !ok || !closed {
		return ""
	}
	return healthWord(strings.TrimPrefix(text, "health: "))
}

// healthWord is text if it is one of the three states of health, else "".
func healthWord(text string) string {
	switch text {
	case "healthy", "unhealthy", "starting":
		return text
	}
	return ""
}

// Container is a container's line in a list, formatted for people.
type Container struct {
	Name  string `json:"-"`
	Id    string `json:"containerId,omitempty"`
	State string `json:"state,omitempty"`
	// Status as in "Up 3 minutes (healthy)".
	Status string `json:"containerStatus,omitempty"`
	// CreatedAt in RFC 3339.
	CreatedAt  string   `json:"createdAt,omitempty"`
	Image      string   `json:"image,omitempty"`
	Ports      string   `json:"ports,omitempty"`
	NetworkIDs []string `json:"-"`
	// Networks are the names, sorted and joined by ",".
	Networks string `json:"networks,omitempty"`
	// RunningFor is the time since the creation, as in "3 hours ago".
	RunningFor string `json:"runningFor,omitempty"`
	// Filesystem is the size of the writable layer; empty unless the list asked for sizes.
	Filesystem  string `json:"filesystem,omitempty"`
	Command     string `json:"command,omitempty"`
	NetworkMode string `json:"networkMode,omitempty"`

	// Only used for container groups.
	ServiceName string `json:"serviceName,omitempty"`
	ProjectName string `json:"projectName,omitempty"`
	ModuleName  string `json:"-"`

	Labels map[string]string `json:"-"`
}

// GetName is the container's name, or "project@service" for one of a group; a module name known for the project's
// directory stands in for the project.
func (c *Container) GetName() string {
	switch {
	case c.ProjectName == "":
		return c.Name
	case c.ModuleName != "":
		return c.ModuleName + "@" + c.ServiceName
	}
	return c.ProjectName + "@" + c.ServiceName
}

// NewContainerFromDockerContainer formats one item of the engine's list.
func NewContainerFromDockerContainer(item *container.Summary) TedgeContainer {
	return newTedgeContainer(item, time.Now(), ReadModuleName)
}

// newTedgeContainer formats item as of now; moduleName tells the module installed in a compose project's directory.
func newTedgeContainer(item *container.Summary, now time.Time, moduleName func(dir string) string) TedgeContainer {
	created := time.Unix(item.Created, 0)
	c := Container{
		Id:          item.ID,
		Name:        ConvertName(item.Names),
		State:       item.State,
		Status:      item.Status,
		Image:       item.Image,
		Command:     item.Command,
		CreatedAt:   created.Format(time.RFC3339),
		RunningFor:  units.HumanDuration(now.Sub(created)) + " ago",
		Ports:       FormatPorts(item.Ports),
		Filesystem:  formatSizes(item.SizeRw, item.SizeRootFs),
		NetworkMode: item.HostConfig.NetworkMode,
		Labels:      item.Labels,
		NetworkIDs:  []string{},
		ProjectName: item.Labels[labelProject],
		ServiceName: item.Labels[labelService],
	}
	if dir := item.Labels[labelWorkingDir]; dir != "" {
		c.ModuleName = moduleName(dir)
	}
	if item.NetworkSettings != nil {
		names := slices.Sorted(maps.Keys(item.NetworkSettings.Networks))
		c.Networks = strings.Join(names, ",")
		for _, name := range names {
			if endpoint := item.NetworkSettings.Networks[name]; endpoint != nil {
				c.NetworkIDs = append(c.NetworkIDs, endpoint.NetworkID)
			}
		}
	}
	serviceType := ContainerType
	if c.ProjectName != "" {
		serviceType = ContainerGroupType
	}
	return TedgeContainer{
		Name: c.GetName(), Status: ConvertToTedgeStatus(c.State), ServiceType: serviceType,
		Container: c, Time: NewJSONTime(now),
	}
}

// formatSizes writes the sizes in bytes as the docker command does; "" if the list did not ask for them.
func formatSizes(writable, whole int64) string {
	if writable == 0 && whole == 0 {
		return ""
	}
	text := units.HumanSizeWithPrecision(float64(writable), 3)
	if whole > 0 {
		text += " (virtual " + units.HumanSizeWithPrecision(float64(whole), 3) + ")"
	}
	return text
}
