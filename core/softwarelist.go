package core

import (
	"cmp"
	"context"
	"sort"
	"strings"

	"edged/core/request"
	"edged/engine"
)

// storedImage is an image as a module, and the engine's reference for it.
type storedImage struct {
	request.Module
	ref string
}

// Software is what there is of each type of module, with the versions that were asked for.
// It asks the engine, since what was installed must be there at once.
func (d *Daemon) Software(ctx context.Context) ([]request.Module, error) {
	select {
	case <-d.ready:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	containers, err := d.engine.List(ctx, engine.FilterOptions{})
	if err != nil {
		return nil, err
	}
	images, err := d.listImages(ctx)
	if err != nil {
		return nil, err
	}
	out, seen := []request.Module{}, map[string]bool{}
	for _, c := range containers {
		item := c.Container
		if setAside(item.Name) || d.settings.Filter.matches(item.Name, item.Labels) {
			continue
		}
		m := request.Module{Type: c.ServiceType, Name: item.Name, Version: version(item.Labels, item.Image)}
		if m.Type == request.TypeGroup {
			m.Name = cmp.Or(item.ModuleName, item.ProjectName)
			m.Version = readVersion(item.Labels[workingDirLabel])
		}
		if key := m.Key(); !seen[key] { // the containers of a project are one module
			seen[key] = true
			out = append(out, m)
		}
	}
	for _, i := range images {
		out = append(out, i.Module)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name+"\t"+out[i].Version < out[j].Name+"\t"+out[j].Version })
	return out, nil
}

// softwareByType is the answer to a question over MQTT.
func (d *Daemon) softwareByType() (map[string]any, error) {
	all, err := d.Software(d.life)
	var list []map[string]any
	for _, kind := range request.ModuleTypes() {
		modules := []map[string]string{}
		for _, m := range all {
			if m.Type == kind {
				modules = append(modules, map[string]string{"name": m.Name, "version": m.Version})
			}
		}
		list = append(list, map[string]any{"type": kind, "modules": modules})
	}
	return map[string]any{"currentSoftwareList": list}, err
}

// listImages lists the images by the names that they were asked for by, where edged was
// asked; engines write references in ways of their own.
func (d *Daemon) listImages(ctx context.Context) (out []storedImage, err error) {
	have, err := d.engine.Images(ctx)
	asked := d.readJournal().Images
	found := map[string]bool{}
	for _, img := range have {
		for _, tag := range img.Tags {
			at := strings.LastIndexByte(tag, ':')
			if at < 0 || strings.HasPrefix(tag, "<none>") {
				continue
			}
			one := storedImage{request.Module{Type: request.TypeImage, Name: tag[:at], Version: tag[at+1:]}, tag}
			for _, a := range asked {
				if ref := engine.BuildImageRef(a.Name, a.Version); engine.ImageRefsEqual(ref, tag) {
					one.Name, one.Version = a.Name, a.Version
					found[ref] = true
				}
			}
			out = append(out, one)
		}
	}
	for _, a := range asked {
		ref := engine.BuildImageRef(a.Name, a.Version)
		if found[ref] || !strings.Contains(ref, "@") {
			continue
		}
		found[ref] = true
		if _, err := d.engine.Image(ctx, ref); err == nil { // it needs no tag to be there
			a.Type = request.TypeImage
			out = append(out, storedImage{a, ref})
		}
	}
	return out, err
}

// version is the version of a container: what software management has asked for, or the
// reference that it was made from.
func version(labels map[string]string, image string) string {
	return cmp.Or(labels[engine.LabelModuleVersion], engine.NormalizeImageRef(image))
}
