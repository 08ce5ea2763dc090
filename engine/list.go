package engine

import (
	"context"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
)

// List is all containers, running or not, that options choose. An invalid pattern is an error. Sizes are asked for only
// with options.WithSize; the API that this one follows always asks.
//
// Container.State, Container.Status and [TedgeContainer.Health] of the result tell state and health without a second call.
func (c *ContainerClient) List(ctx context.Context, options FilterOptions) ([]TedgeContainer, error) {
	f, err := options.compile()
	if err != nil {
		return nil, err
	}
	summaries, err := c.summaries(ctx, container.ListOptions{All: true, Size: options.WithSize, Filters: f.args()})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	moduleName := rememberModules()
	items := make([]TedgeContainer, 0, len(summaries))
	for i := range summaries {
		if item := newTedgeContainer(&summaries[i], now, moduleName); f.match(&item) {
			items = append(items, item)
		}
	}
	if c.LibPod == nil || len(items) == 0 {
		return items, nil
	}
	return items, c.addHealth(ctx, items)
}

// rememberModules is ReadModuleName that reads each directory once.
func rememberModules() func(dir string) string {
	known := map[string]string{}
	return func(dir string) string {
		name, ok := known[dir]
		if !ok {
			name = ReadModuleName(dir)
			known[dir] = name
		}
		return name
	}
}

// LookupProject is the containers of a compose project, stopped ones too, or those of one of its services if serviceName
// is not empty. The service is compared by its label; the API that this one follows looks for the text in names, and so
// finds "db-backup" for "db".
func (c *ContainerClient) LookupProject(ctx context.Context, projectName string, serviceName string) ([]container.Summary, error) {
	args := filters.NewArgs(filters.Arg("label", labelProject+"="+projectName))
	if serviceName != "" {
		args.Add("label", labelService+"="+serviceName)
	}
	return c.summaries(ctx, container.ListOptions{All: true, Filters: args})
}

// summaries is the engine's list, with the states that Docker knows.
func (c *ContainerClient) summaries(ctx context.Context, options container.ListOptions) (list []container.Summary, err error) {
	err = c.call(ctx, "list containers", "", func(ctx context.Context) error {
		list, err = c.Client.ContainerList(ctx, options)
		return err
	})
	for i := range list {
		list[i].State = dockerStatus(list[i].State)
	}
	return list, err
}
