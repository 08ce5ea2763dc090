package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"
)

// ReadImages lists the images of a project's services, each once, in the order of the services. Later files override
// earlier ones; relative paths are below workingDir, and no paths at all mean the usual file names there, with that of an
// override. Variables are filled in. Services that are only built have no image, and those behind a profile aren't started.
//
// "include" and "extends" aren't followed.
func ReadImages(ctx context.Context, paths []string, workingDir string) ([]string, error) {
	paths, err := composePaths(paths, workingDir)
	if err != nil {
		return nil, fmt.Errorf("read compose file: %w", err)
	}
	lookup, err := composeVars(filepath.Dir(paths[0]))
	if err != nil {
		return nil, fmt.Errorf("read compose file: %w", err)
	}
	var names []string
	services := map[string]composeService{}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if names, err = mergeServices(path, names, services); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	images := []string{}
	for _, name := range names {
		image, err := interpolate(services[name].Image, lookup)
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", name, err)
		}
		if image != "" && len(services[name].Profiles) == 0 && !slices.Contains(images, image) {
			images = append(images, image)
		}
	}
	return images, nil
}

type composeService struct {
	Image    string   `yaml:"image"`
	Profiles []string `yaml:"profiles"`
}

// mergeServices lays the services of one file over those read before and keeps their order.
func mergeServices(path string, names []string, services map[string]composeService) ([]string, error) {
	document, _, err := readCompose(path)
	if err != nil {
		return nil, err
	}
	list, err := servicesNode(document)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(list.Content); i += 2 {
		name := list.Content[i].Value
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		service := services[name]
		if err := list.Content[i+1].Decode(&service); err != nil {
			return nil, fmt.Errorf("service %s: %w", name, err)
		}
		services[name] = service
	}
	return names, nil
}

// composePaths finds the compose files.
func composePaths(paths []string, dir string) ([]string, error) {
	var found []string
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			if _, err := os.Stat(filepath.Join(dir, path)); err == nil {
				path = filepath.Join(dir, path)
			}
		}
		found = append(found, path)
	}
	if len(found) > 0 {
		return found, nil
	}
	for _, stem := range []string{"", ".override"} { // the order in which the tools look
		for _, name := range []string{"compose%s.yaml", "compose%s.yml", "docker-compose%s.yaml", "docker-compose%s.yml"} {
			if path := filepath.Join(dir, fmt.Sprintf(name, stem)); fileExists(path) {
				found = append(found, path)
				break
			}
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no compose file in %s: %w", dir, os.ErrNotExist)
		}
	}
	return found, nil
}

// readCompose reads a compose file as a tree that keeps comments, and its mode.
func readCompose(path string) (*yaml.Node, os.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, 0, err
	}
	return &document, info.Mode().Perm(), nil
}

// servicesNode is the mapping of services.
func servicesNode(document *yaml.Node) (*yaml.Node, error) {
	if len(document.Content) == 0 {
		return nil, errors.New("the file is empty")
	}
	services := valueOf(document.Content[0], "services")
	if services == nil || services.Kind != yaml.MappingNode {
		return nil, errors.New("no services")
	}
	return services, nil
}

// valueOf is the value of a key in a mapping, through an alias if it is one; nil if there is none.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind == yaml.AliasNode {
		mapping = mapping.Alias
	}
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			value := mapping.Content[i+1]
			if value.Kind == yaml.AliasNode {
				return value.Alias
			}
			return value
		}
	}
	return nil
}
