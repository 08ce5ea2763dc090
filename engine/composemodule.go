package engine

import (
	"bufio"
	"context"
	"os"
	"path/filepath"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
)

// ReadModuleName is the module name that the software management stored beside a project: line 2 of the file "version"
// in its working directory, or "" if there is none.
func ReadModuleName(workingDir string) string {
	if workingDir == "" {
		return ""
	}
	f, err := os.Open(filepath.Join(workingDir, "version"))
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for range 2 {
		if !lines.Scan() {
			return ""
		}
	}
	return lines.Text()
}

// ResolveComposeProjectName finds the project that a name means: a project of that name, or one whose working
// directory has that module name, see ReadModuleName. A name that is neither comes back unchanged.
func (c *ContainerClient) ResolveComposeProjectName(ctx context.Context, name string) (string, error) {
	list, err := c.Client.ContainerList(bounded(ctx), container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", labelProject)),
	})
	if err != nil {
		return name, wrapErr("find compose project", name, err)
	}
	modules := map[string]string{}
	for _, item := range list {
		project := item.Labels[labelProject]
		if project == name {
			return name, nil
		}
		modules[item.Labels[labelWorkingDir]] = project
	}
	for dir, project := range modules {
		if ReadModuleName(dir) == name {
			return project, nil
		}
	}
	return name, nil
}
