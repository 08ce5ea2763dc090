package engine

import (
	"strings"

	"github.com/docker/docker/api/types/versions"
)

// cloneSource is all that a replacement is computed from: what the engine said, and nothing else.
type cloneSource struct {
	container document // inspect by Docker's API
	native    document // inspect by Podman's own API; nil on Docker
	oldImage  document // inspect of the image that the container was made from
	newImage  document
	hidden    podmanHidden
	newRef    string            // reference of the new image
	shared    map[string]string // volumes by destination that VolumesFrom brings
	machine   string            // name of the engine's machine, only if the container is in its network namespace
	api       string            // version of Docker's API that the inspects are of
}

// cloneBody is a container to be created: the request's body, and the networks to connect before the start.
type cloneBody struct {
	create   document            // as POST /containers/create takes it
	networks map[string]document // endpoint settings of each network
	primary  string              // the network that the container is created in, "" if the mode says it all
}

// config is the part of the body that is the container's Config: Docker's API has it at the top.
func (b cloneBody) config() document { return b.create }

func (b cloneBody) host() document { return b.create.section("HostConfig") }

func (b cloneBody) copy() cloneBody {
	clone := cloneBody{create: b.create.copy(), networks: map[string]document{}, primary: b.primary}
	for name, endpoint := range b.networks {
		clone.networks[name] = endpoint.copy()
	}
	return clone
}

// plan computes the replacement, or says what can't be carried over.
func (s *cloneSource) plan(opts CloneOptions) (*Plan, error) {
	s.straighten()
	if err := s.refuse(); err != nil {
		return nil, err
	}
	body := s.body(opts)
	want := effectiveConfig(body.config(), s.newImageDefaults(body.config()))
	state := s.container.object("State")
	return &Plan{
		OldID:          s.container.text("Id"),
		Name:           strings.TrimPrefix(s.container.text("Name"), "/"),
		OldImage:       s.container.object("Config").text("Image"),
		NewImage:       s.newRef,
		OldImageID:     imageID(s.container.text("Image")),
		NewImageID:     imageID(s.newImage.text("Id")),
		WasRunning:     state.flag("Running") || state.flag("Restarting"),
		HasHealthcheck: hasHealthcheck(want),
		Changes:        s.changes(want, body),
		Exclusive:      append(exclusive(body), s.hidden.exclusive()...),
		source:         s,
		body:           body,
	}, nil
}

// body is the request that creates the replacement.
func (s *cloneSource) body(opts CloneOptions) cloneBody {
	image := s.oldImage.object("Config")
	config := userConfig(s.container.object("Config"), image)
	host := hostSettings(s.container)
	withoutGeneratedNames(config, host, s.container.text("Id"), s.machine)
	keepAnonymousVolumes(host, s.container.objects("Mounts"), s.shared)
	networks := endpointSettings(s.container)
	primary := primaryNetwork(s.container, networks)
	if s.native == nil && versions.GreaterThanOrEqualTo(s.api, "1.44") {
		fixedAddresses(config, networks, s.container, primary)
	}
	exposePublished(config, host)
	opts.applyToConfig(config)
	opts.applyToHost(host)
	if opts.SkipNetwork {
		networks, primary = nil, ""
	}
	config["HostConfig"] = map[string]any(host)
	return cloneBody{create: config, networks: networks, primary: primary}
}

// exposePublished keeps every published port exposed, also if only the old image exposed it: the engine publishes
// exposed ports only.
func exposePublished(config, host document) {
	for port := range host.object("PortBindings") {
		config.section("ExposedPorts")[port] = map[string]any{}
	}
}

// effectiveConfig is what the engine makes of a request: the user's settings with the image's defaults beneath.
// Source: merge in Docker's daemon/commit.go.
func effectiveConfig(user, image document) document {
	config := user.copy()
	delete(config, "HostConfig")
	for _, key := range []string{"User", "WorkingDir", "StopSignal", "Healthcheck"} {
		if empty(config[key]) && !empty(image[key]) {
			config[key] = copyValue(image[key])
		}
	}
	for _, key := range []string{"Labels", "ExposedPorts", "Volumes", "Healthcheck"} {
		for name, value := range image.object(key) {
			if own := config.section(key); empty(own[name]) && key == "Healthcheck" || !has(own, name) {
				own[name] = copyValue(value)
			}
		}
	}
	env := config.texts("Env")
	for _, entry := range image.texts("Env") {
		if !hasEnv(env, envName(entry)) {
			env = append(env, entry)
		}
	}
	config["Env"] = texts(env)
	effectiveCommand(config, image)
	return config
}

func effectiveCommand(config, image document) {
	entrypoint := config.texts("Entrypoint")
	if len(entrypoint) == 0 {
		if empty(config["Cmd"]) {
			config["Cmd"] = copyValue(image["Cmd"])
		}
		config["Entrypoint"] = copyValue(image["Entrypoint"])
	} else if len(entrypoint) == 1 && entrypoint[0] == "" {
		config["Entrypoint"] = nil
	}
}

func has(d document, key string) bool {
	_, found := d[key]
	return found
}

func hasEnv(env []string, name string) bool {
	for _, entry := range env {
		if envName(entry) == name {
			return true
		}
	}
	return false
}

func hasHealthcheck(config document) bool {
	test := config.object("Healthcheck").texts("Test")
	return len(test) > 0 && test[0] != "NONE"
}
