package engine

import (
	"reflect"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// userConfig is what the user set of a container's Config: its stored configuration without what came from the image.
// A setting that equals the image's default counts as the default, since the engine keeps no record of who set it.
// Everything that an image has no say in stays as it is, known to us or not.
// Source: merge in Docker's daemon/commit.go.
func userConfig(config, image document) document {
	user := config.copy()
	for _, key := range []string{"User", "WorkingDir", "StopSignal"} {
		if same(user[key], image[key]) {
			delete(user, key)
		}
	}
	for _, key := range []string{"Labels", "ExposedPorts", "Volumes", "Healthcheck"} {
		subtract(user, image, key)
	}
	user["Env"] = slices.DeleteFunc(user.texts("Env"), func(v string) bool {
		return slices.Contains(image.texts("Env"), v)
	})
	keepUserCommand(user, image)
	return user
}

// keepUserCommand decides what of entrypoint and command the user set. An entrypoint given by the user resets the
// image's command, so an own entrypoint keeps its command as it is, even if that is none.
func keepUserCommand(user, image document) {
	reset := empty(user["Cmd"]) && !empty(image["Cmd"])
	if same(user["Entrypoint"], image["Entrypoint"]) && !reset {
		delete(user, "Entrypoint")
		if same(user["Cmd"], image["Cmd"]) {
			delete(user, "Cmd")
		}
		return
	}
	if empty(user["Entrypoint"]) {
		user["Entrypoint"] = []any{""} // how the API says "none, and not the image's either"
	}
}

// subtract removes from the map under key every entry that the image has with the same value.
func subtract(user, image document, key string) {
	own, defaults := user.object(key), image.object(key)
	for name, value := range own {
		if standard, found := defaults[name]; found && reflect.DeepEqual(value, standard) {
			delete(own, name)
		}
	}
	if len(own) == 0 {
		delete(user, key)
	}
}

// withoutGeneratedNames drops the host name that the engine made up: the short ID, the machine's own name in one of its
// namespaces, and the name of the container whose network is shared.
func withoutGeneratedNames(config, host document, id, machine string) {
	hostname, network := config.text("Hostname"), host.text("NetworkMode")
	switch {
	case strings.HasPrefix(network, "container:"):
		delete(config, "Hostname")
		delete(config, "Domainname")
	case hostname == shortID(id), network == "host" && hostname == machine, host.text("UTSMode") == "host":
		delete(config, "Hostname")
	}
}

// applyToConfig lays the request over the user's settings.
func (o CloneOptions) applyToConfig(config document) {
	if o.Image != "" {
		config["Image"] = o.Image
	}
	if len(o.Cmd) > 0 {
		config["Cmd"] = texts(o.Cmd)
	}
	if len(o.Entrypoint) > 0 {
		config["Entrypoint"] = texts(o.Entrypoint)
	}
	env := FilterEnvVariables(config.texts("Env"), o.IgnoreEnvVars)
	for _, entry := range o.Env {
		env = setEnv(env, entry)
	}
	config["Env"] = texts(env)
	if len(o.Labels) > 0 {
		labels := config.section("Labels")
		for name, value := range o.Labels {
			labels[name] = value
		}
	}
	if o.IgnorePorts {
		delete(config, "ExposedPorts")
	}
}

// CloneContainerConfig is a copy of a container's Config with the options laid over it. It keeps every field; without
// the images it can't tell the user's settings from the image's defaults. PlanClone can.
func CloneContainerConfig(ref *container.Config, opts CloneOptions) *container.Config {
	clone := &container.Config{}
	config, err := asDocument(ref)
	if err != nil || config == nil {
		config = document{}
	}
	opts.applyToConfig(config)
	if config.into(clone) != nil { // it was made from the same type a moment ago
		return ref
	}
	return clone
}

// setEnv sets one variable ("NAME=value") in a list, at the place of an older value if there is one.
func setEnv(env []string, entry string) []string {
	name := envName(entry)
	if i := slices.IndexFunc(env, func(v string) bool { return envName(v) == name }); i >= 0 {
		env = slices.Clone(env)
		env[i] = entry
		return env
	}
	return append(env, entry)
}

func envName(entry string) string {
	name, _, _ := strings.Cut(entry, "=")
	return name
}

// shortID is the form in which an engine uses an ID as a name.
func shortID(id string) string {
	return id[:min(len(id), 12)]
}

// texts makes a list of strings a JSON list.
func texts[S ~[]string](list S) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
