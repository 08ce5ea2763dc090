package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Podman's Docker API is a translation of its own, and both ways of it lose settings: "keep-id" becomes "private",
// limits are shown under names that the other way refuses, and what Docker doesn't have isn't there at all. So a
// container of Podman is read by both APIs and created by its own, see podmanspec.go.
//
// What neither API shows, sysctls and fixed addresses, is taken from the arguments of the podman command, which Podman
// keeps, and for a container that was made through an API from Podman's files, see podmanHidden.
// See https://docs.podman.io/en/latest/_static/api.html, libpod/container_inspect.go in Podman's source.

// straightenPodman brings the inspects of both APIs into the one form that the clone works on.
func (s *cloneSource) straightenPodman() {
	s.container = s.container.copy()
	host := s.container.section("HostConfig")
	for key, value := range s.native.object("HostConfig").copy() {
		host[key] = value
	}
	delete(host, "NanoCpus")                 // computed from period and quota, and refused beside them
	delete(host.object("LogConfig"), "Path") // the container's own folder
	delete(host, "Annotations")              // those of Config once more, see nativeLost
	bindings := host.object("PortBindings")
	for port := range bindings {
		if bindings[port] == nil { // exposed only
			delete(bindings, port)
		}
	}

	config, image := s.container.section("Config"), s.oldImage.object("Config")
	config["Env"] = texts(withoutPodmanEnv(config, image))
	delete(config, "MacAddress") // the one in use; see podmanHidden
	delete(config, "Volumes")    // an anonymous volume is among the Binds, with its name
	s.straightenSignals(config)
	straightenHealthcheck(config, image)
	if config.text("WorkingDir") == "/" && image.text("WorkingDir") == "" {
		delete(config, "WorkingDir")
	}
	s.withoutHostnameAliases(config.text("Hostname"))
	if timeout, found := s.native.object("Config")["StopTimeout"]; found {
		config["StopTimeout"] = timeout
	}
	if !hasOwnNetworks(host.text("NetworkMode")) { // not shown there
		for _, d := range []document{config, image, s.newImage.object("Config")} {
			delete(d, "ExposedPorts")
		}
	}
}

// isUserMode: without rights, Podman by default puts a container into no network but behind a process that passes its
// traffic on, and Podman 5 lists that among the networks. See https://docs.podman.io/en/latest/markdown/podman-run.1.html#network-mode-net.
func isUserMode(mode string) bool {
	kind, _, _ := strings.Cut(mode, ":")
	return kind == "pasta" || kind == "slirp4netns"
}

// withoutHostnameAliases takes the host name out of the aliases, to which Podman 5 adds it by itself.
// See https://github.com/containers/podman/pull/19193.
func (s *cloneSource) withoutHostnameAliases(hostname string) {
	networks := s.container.object("NetworkSettings", "Networks")
	for name := range networks {
		if aliases := networks.object(name).texts("Aliases"); len(aliases) > 0 {
			networks.object(name)["Aliases"] = texts(slices.DeleteFunc(aliases, func(a string) bool { return a == hostname }))
		}
	}
}

// newImageDefaults is the configuration of the new image, as far as it takes effect beneath the user's settings.
func (s *cloneSource) newImageDefaults(user document) document {
	image := s.newImage.object("Config").copy()
	if s.native != nil {
		delete(image, "Volumes") // shown among the Binds
		if !empty(user["Healthcheck"]) {
			delete(image, "Healthcheck")
		}
	}
	return image
}

// withoutNewVolumes leaves the volumes out that the new image declares: they are new.
func (s *cloneSource) withoutNewVolumes(got, want []string) []string {
	declared := s.newImage.object("Config", "Volumes")
	return slices.DeleteFunc(got, func(bind string) bool {
		parts := strings.Split(bind, ":")
		return len(parts) > 1 && has(declared, parts[1]) && !hasBind(want, parts[1])
	})
}

// withoutNewPorts leaves the ports out that the new image exposes: where all are published, they are new.
func (s *cloneSource) withoutNewPorts(got, want document) {
	for port := range s.newImage.object("Config", "ExposedPorts") {
		if !has(want, port) {
			delete(got, port)
		}
	}
}

// withoutPodmanEnv leaves out the variables that Podman adds to every container and then shows as if they were set.
func withoutPodmanEnv(config, image document) []string {
	added := []string{
		"container=podman", "container=libpod", "TERM=xterm", "HOSTNAME=" + config.text("Hostname"), "HOME=/root", "HOME=/",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	}
	return slices.DeleteFunc(config.texts("Env"), func(entry string) bool {
		return slices.Contains(added, entry) && !slices.Contains(image.texts("Env"), entry)
	})
}

// straightenSignals writes stop signals as numbers: Podman 4 shows the number where images have the name, Podman 5 the
// name. SIGTERM stands in for none.
func (s *cloneSource) straightenSignals(config document) {
	for _, d := range []document{config, s.oldImage.object("Config"), s.newImage.object("Config")} {
		number := signalNumber(d["StopSignal"])
		if d != nil && number != 0 {
			d["StopSignal"] = strconv.Itoa(number)
		}
	}
	if config.text("StopSignal") == strconv.Itoa(int(unix.SIGTERM)) && s.oldImage.object("Config").text("StopSignal") == "" {
		delete(config, "StopSignal")
	}
}

// signalNumber reads "SIGINT", "INT", "2" and 2; 0 is none, or an unknown one.
func signalNumber(v any) int {
	text := strings.ToUpper(fmt.Sprint(v))
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return int(unix.SignalNum("SIG" + strings.TrimPrefix(text, "SIG")))
}

// straightenHealthcheck undoes that Podman fills in its defaults. It takes a healthcheck from the image or from the
// user as a whole, so there is nothing to tell apart within one.
func straightenHealthcheck(config, image document) {
	own, standard := config.object("Healthcheck"), image.object("Healthcheck")
	if own == nil || standard == nil {
		return
	}
	if len(differences("", withHealthDefaults(own), withHealthDefaults(standard), true)) == 0 {
		config["Healthcheck"] = map[string]any(standard.copy())
	}
}

func withHealthDefaults(check document) document {
	check = check.copy()
	for key, value := range map[string]string{"Interval": "30000000000", "Timeout": "30000000000", "Retries": "3", "StartPeriod": "0"} {
		if empty(check[key]) {
			check[key] = value
		} else {
			check[key] = fmt.Sprint(check[key])
		}
	}
	return check
}

// refusePodman names what Podman's own API has no way to create again, or doesn't show.
func (s *cloneSource) refusePodman() error {
	config := s.native.object("Config")
	for field, set := range map[string]bool{
		"Pod":            s.native.text("Pod") != "",
		"Rootfs":         s.native.text("Rootfs") != "",
		"IsInfra":        s.native.flag("IsInfra"),
		"Config.Secrets": !empty(config["Secrets"]), // their targets aren't shown
		"Mounts.image": slices.ContainsFunc(s.native.objects("Mounts"), func(m document) bool {
			return m.text("Type") == "image"
		}),
	} {
		if set {
			return fmt.Errorf("%w: %s", ErrNotCarried, field)
		}
	}
	return nil
}

// nativeLost names the settings that only Podman's own API shows and that the created container hasn't got.
func (p *Plan) nativeLost(made *cloneSource) []string {
	if p.source.native == nil {
		return nil
	}
	settings := func(native document) document {
		config := native.object("Config").copy()
		annotations := userAnnotations(config)
		for _, compared := range []string{ // by configLost, or with no meaning beyond the one container
			"Hostname", "Domainname", "User", "Tty", "OpenStdin", "Env", "Cmd", "Entrypoint", "Image", "Volumes", "WorkingDir",
			"Labels", "StopSignal", "StopTimeout", "Healthcheck", "ExposedPorts", "CreateCommand", "OnBuild",
			"AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce",
		} {
			delete(config, compared)
		}
		config["Annotations"], config["OCIRuntime"] = map[string]any(annotations), native["OCIRuntime"]
		return config
	}
	return differences("Config.", settings(p.source.native), settings(made.native), true)
}

// userAnnotations are the annotations without those that Podman writes by itself.
func userAnnotations(config document) document {
	annotations := document{}
	for name, value := range config.object("Annotations") {
		generated := name == "io.container.manager" || name == "io.kubernetes.cri-o.Created" ||
			name == "org.opencontainers.image.stopSignal" || name == "org.opencontainers.image.base.name" ||
			name == "io.podman.annotations.autoremove" // HostConfig.AutoRemove once more
		if !generated {
			annotations[name] = value
		}
	}
	return annotations
}
