package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

// EnsureExtraHost adds a host entry to every service of the first compose file that has none for that name, in the
// file, whose comments stay. Services of the other files count: an entry there is enough. A file that needs no change
// isn't written; one that does is replaced in one step.
//
// An entry in a list is "host:address". The package whose API this is writes "host=address", which docker-compose v1
// fails on.
func EnsureExtraHost(ctx context.Context, composePaths []string, _ string, hostname, ipValue string) error {
	if len(composePaths) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	elsewhere, err := servicesWithHost(composePaths[1:], hostname)
	if err != nil {
		return fmt.Errorf("add host %s: %w", hostname, err)
	}
	path := composePaths[0]
	document, mode, err := readCompose(path)
	if err != nil {
		return fmt.Errorf("add host %s: %w", hostname, err)
	}
	services, err := servicesNode(document)
	if err != nil {
		return fmt.Errorf("add host %s to %s: %w", hostname, path, err)
	}
	changed := false
	for i := 0; i+1 < len(services.Content); i += 2 {
		if !elsewhere[services.Content[i].Value] {
			changed = addHost(services.Content[i+1], hostname, ipValue) || changed
		}
	}
	if !changed {
		return nil
	}
	return replaceYAML(path, document, mode)
}

// servicesWithHost are the services that have an entry for the host in one of the files.
func servicesWithHost(paths []string, hostname string) (map[string]bool, error) {
	found := map[string]bool{}
	for _, path := range paths {
		document, _, err := readCompose(path)
		if err != nil {
			return nil, err
		}
		services, err := servicesNode(document)
		if err != nil {
			continue // an override needs no services
		}
		for i := 0; i+1 < len(services.Content); i += 2 {
			if hosts := valueOf(services.Content[i+1], "extra_hosts"); hosts != nil && hasHost(hosts, hostname) {
				found[services.Content[i].Value] = true
			}
		}
	}
	return found, nil
}

// addHost adds the entry to one service, in the style in which its hosts are written. The separator is ":", which
// docker-compose v1 needs and every other tool takes.
func addHost(service *yaml.Node, hostname, address string) bool {
	if service.Kind != yaml.MappingNode {
		return false
	}
	hosts := valueOf(service, "extra_hosts")
	switch {
	case hosts == nil:
		list := &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{scalar(hostname + ":" + address)}}
		service.Content = append(service.Content, scalar("extra_hosts"), list)
	case hasHost(hosts, hostname):
		return false
	case hosts.Kind == yaml.MappingNode:
		hosts.Content = append(hosts.Content, scalar(hostname), scalar(address))
	case hosts.Kind == yaml.SequenceNode:
		hosts.Content = append(hosts.Content, scalar(hostname+":"+address))
	default: // the key is there without a value
		*hosts = yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{scalar(hostname + ":" + address)}}
	}
	return true
}

// hasHost reports whether extra_hosts, a list of "host:address" or "host=address" or a mapping, has the host.
func hasHost(hosts *yaml.Node, hostname string) bool {
	for i, node := range hosts.Content {
		if hosts.Kind == yaml.MappingNode && (i%2 == 1 || node.Value != hostname) {
			continue
		}
		if name := node.Value[:max(0, strings.IndexAny(node.Value+":", ":="))]; name == hostname {
			return true
		}
	}
	return false
}

func scalar(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

// replaceYAML writes the tree beside the file and moves it into its place: a file cut off by a power cut would keep the
// project from starting.
func replaceYAML(path string, document *yaml.Node, mode os.FileMode) error {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(document), encoder.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	temporary := path + ".tmp"
	err := writeSynced(temporary, text.Bytes(), mode)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(temporary)))
	}
	return nil
}

func writeSynced(path string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
