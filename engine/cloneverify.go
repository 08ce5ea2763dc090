package engine

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/docker/docker/api/types/versions"
)

// verifyNext asks the engine what it made of a plan. An engine may drop or rewrite what it was sent without a word, and
// the old container must not be stopped for one that lacks a setting.
func (c *ContainerClient) verifyNext(ctx context.Context, p *Plan, id string, labels map[string]string) error {
	inspect, err := c.inspectDocument(ctx, id)
	if err != nil {
		return fmt.Errorf("verify new container: %w", err)
	}
	made := &cloneSource{container: inspect, newImage: p.source.newImage, oldImage: p.source.newImage, api: p.source.api}
	if c.LibPod != nil {
		if made.native, err = c.nativeDocument(ctx, "/containers/"+id+"/json"); err != nil {
			return fmt.Errorf("verify new container: %w", err)
		}
	}
	lost := p.lost(made, labels)
	if len(lost) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrNotCarried, strings.Join(lost, ", "))
}

// lost names the settings in which a created container isn't what was planned.
func (p *Plan) lost(made *cloneSource, labels map[string]string) []string {
	made.straighten()
	planned := p.body.copy()
	for name, value := range labels {
		planned.config().section("Labels")[name] = value
	}
	want := effectiveConfig(planned.config(), p.source.newImageDefaults(planned.config()))
	lost := configLost(want, made.container.object("Config"), p.source.api)
	lost = append(lost, p.hostLost(planned.host(), hostSettings(made.container))...)
	lost = append(lost, networksLost(planned.networks, endpointSettings(made.container))...)
	lost = append(lost, p.nativeLost(made)...)
	slices.Sort(lost)
	return lost
}

func configLost(want, got document, api string) []string {
	want, got = want.copy(), got.copy()
	for _, config := range []document{want, got} {
		env := envMap(config)
		config["Env"] = map[string]any(env)
		if entrypoint := config.texts("Entrypoint"); len(entrypoint) == 1 && entrypoint[0] == "" {
			delete(config, "Entrypoint") // Podman shows "none" as it was said
		}
	}
	if empty(want["Hostname"]) {
		delete(got, "Hostname")
	}
	if versions.GreaterThanOrEqualTo(api, "1.44") { // it is the endpoint's there
		delete(got, "MacAddress")
	}
	return differences("Config.", want, got, true)
}

func (p *Plan) hostLost(want, got document) []string {
	if p.source.native != nil {
		got["Binds"] = texts(p.source.withoutNewVolumes(got.texts("Binds"), want.texts("Binds")))
		p.source.withoutNewPorts(got.object("PortBindings"), want.object("PortBindings"))
	}
	if _, asked := want["MemorySwap"]; !asked {
		delete(got, "MemorySwap") // the engine's own, for a new limit of memory
	}
	for _, host := range []document{want, got} {
		sortBindings(host.object("PortBindings"))
	}
	sortTexts(want, "Binds")
	sortTexts(got, "Binds")
	return differences("HostConfig.", want, got, true)
}

// sortBindings brings each port's host addresses into one order; Podman keeps none.
func sortBindings(bindings document) {
	for _, list := range bindings {
		if list, ok := list.([]any); ok {
			sort.Slice(list, func(i, j int) bool { return fmt.Sprint(list[i]) < fmt.Sprint(list[j]) })
		}
	}
}

func sortTexts(d document, key string) {
	if list := d.texts(key); len(list) > 0 {
		list = slices.Clone(list)
		slices.Sort(list)
		d[key] = texts(list)
	}
}

func networksLost(want, got map[string]document) []string {
	var lost []string
	for name, endpoint := range want {
		found, joined := got[name]
		if !joined {
			lost = append(lost, "NetworkSettings.Networks."+name)
			continue
		}
		expected := endpoint.copy()
		delete(expected, "MacAddress") // shown from the start on only
		sortTexts(expected, "Aliases")
		sortTexts(found, "Aliases")
		lost = append(lost, differences("NetworkSettings.Networks."+name+".", expected, found, true)...)
	}
	for name := range got {
		if _, planned := want[name]; !planned {
			lost = append(lost, "NetworkSettings.Networks."+name)
		}
	}
	return lost
}
