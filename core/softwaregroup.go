package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"edged/core/request"
	"edged/core/unpack"
	"edged/core/update"
	"edged/engine"
	"edged/hooks"
)

// composer starts and removes compose projects.
type composer interface {
	ComposeUp(ctx context.Context, w io.Writer, projectName, workingDir string, extraArgs ...string) error
	ComposeDown(ctx context.Context, w io.Writer, projectName, defaultWorkingDir string) error
}

// workingDirLabel is what compose labels its containers with.
const workingDirLabel = "com.docker.compose.project.working_dir"

// projectDir is where the files of a project are kept that edged has installed. What its
// containers find beside them is below it, so it stays as it is.
func (d *Daemon) projectDir(name string) string {
	return filepath.Join(d.settings.StateDir, "compose", name)
}

// readVersion reads the version of a project; one that nobody has installed has none.
func readVersion(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "version"))
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// projectMembers are the containers of a project, which is known by its own name or by that of
// the module that it was installed as.
func (t *transaction) projectMembers(ctx context.Context, name string) (found []engine.TedgeContainer, err error) {
	all, err := t.engine.List(ctx, engine.FilterOptions{Labels: []string{projectLabel}})
	for _, c := range all {
		if c.Container.ModuleName == name || c.Container.ModuleName == "" && c.Container.ProjectName == strings.ToLower(name) {
			found = append(found, c)
		}
	}
	return found, err
}

// installGroup starts a project from its files, in a folder of its own. The folder of the
// project as it was stays beside it until all is done.
func (t *transaction) installGroup(ctx context.Context, n int, m *request.Module) error {
	dir := t.projectDir(m.Name)
	next := dir + update.SuffixNext
	defer func() { _ = os.RemoveAll(next) }()
	archive, err := unpack.Project(m.File, next)
	if err != nil {
		return err
	}
	members, err := t.projectMembers(ctx, m.Name)
	op := hooks.OpCreate
	for _, one := range members {
		op = hooks.OpUpdate
		if at := one.Container.Labels[workingDirLabel]; at != dir {
			return fmt.Errorf("there is one that was started from %s", at)
		}
	}
	if err != nil {
		return err
	}
	if err := t.fetchGroup(ctx, n, op, m.Name, next); err != nil {
		return err
	}
	if err := t.makeNetwork(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(next, "version"), []byte(m.Version+"\n"+m.Name+"\n"), 0o644); err != nil {
		return err
	}
	t.note(back{What: backGroup, Name: m.Name, New: !exists(dir)})
	if err := replaceDir(dir, next); err != nil {
		return err
	}
	t.progress("compose", m.Name, 0, 0)
	t.changed = true
	var build []string
	if archive {
		build = []string{"--build"}
	}
	return t.engine.ComposeUp(ctx, io.Discard, m.Name, dir, build...)
}

// fetchGroup pulls the images of a project, and asks about what is done to it: once for
// each image, and once if it has none but what it builds.
func (t *transaction) fetchGroup(ctx context.Context, n int, op hooks.Op, name, dir string) error {
	images, err := engine.ReadImages(ctx, nil, dir)
	if err != nil {
		return err
	}
	for _, image := range images {
		if err := t.child(n, request.Pull, "", image).once(ctx); err != nil {
			return err
		}
	}
	if len(images) == 0 {
		images = []string{""}
	}
	for _, image := range images {
		c := t.child(n, request.Update, name, image)
		ev, err := c.pullEvent(ctx, cmp.Or(image, "scratch"))
		if err != nil {
			return err
		}
		if image == "" {
			ev.Image = nil
		}
		ev.Op, ev.Strategy = string(op), request.Replace
		ev.Container = &hooks.Container{Name: name, Group: name, Image: image, Labels: map[string]string{}}
		if err := c.ask(ctx, ev); err != nil {
			return err
		}
	}
	return nil
}

// replaceDir puts next in the place of dir, which is kept beside it.
func replaceDir(dir, next string) error {
	if exists(dir) {
		prev := dir + update.SuffixPrev
		if err := errors.Join(os.RemoveAll(prev), os.Rename(dir, prev)); err != nil {
			return err
		}
	}
	return os.Rename(next, dir)
}

// putBackGroup has the project as it was before, or none.
func (t *transaction) putBackGroup(ctx context.Context, b back) error {
	dir := t.projectDir(b.Name)
	prev := dir + update.SuffixPrev
	switch {
	case exists(prev):
		if err := errors.Join(os.RemoveAll(dir), os.Rename(prev, dir)); err != nil {
			return err
		}
		if err := t.untangle(ctx, b.Name); err != nil {
			return err
		}
		return t.engine.ComposeUp(ctx, io.Discard, b.Name, dir)
	case !b.New || !exists(dir):
		return nil
	}
	members, err := t.projectMembers(ctx, b.Name)
	if err == nil && len(members) > 0 {
		err = t.engine.ComposeDown(ctx, io.Discard, members[0].Container.ProjectName, dir)
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// untangle gives the containers of a project their names back: Docker Compose 1 renames
// what it replaces from NAME to ID_NAME, and leaves it so when its successor can't start.
func (t *transaction) untangle(ctx context.Context, name string) error {
	members, err := t.projectMembers(ctx, name)
	for _, one := range members {
		c := one.Container
		id, plain, _ := strings.Cut(c.Name, "_")
		if len(id) != 12 || !strings.HasPrefix(c.Id, id) {
			continue
		}
		if err := t.engine.Remove(ctx, plain); err != nil && !errors.Is(err, engine.ErrNotFound) {
			return err
		}
		if err := t.engine.Rename(ctx, c.Id, plain); err != nil {
			return err
		}
	}
	return err
}

// removeGroup stops the containers of a project, which is removed at the end.
func (t *transaction) removeGroup(ctx context.Context, n int, m *request.Module) error {
	dir, project := t.projectDir(m.Name), ""
	members, err := t.projectMembers(ctx, m.Name)
	for _, one := range members {
		at := one.Container.Labels[workingDirLabel]
		if m.Version != "" && m.Version != readVersion(at) {
			continue
		}
		if at != dir {
			dir = "" // somebody else's
		}
		s, err := t.engine.State(ctx, one.Container.Id)
		if err != nil {
			return err
		}
		first := project == ""
		project = one.Container.ProjectName
		err = t.retire(ctx, n, m, s, func(ctx context.Context) error {
			if !first {
				return nil
			}
			return t.engine.ComposeDown(ctx, io.Discard, project, dir)
		})
		if err != nil {
			return err
		}
	}
	return err
}
