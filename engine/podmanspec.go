package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/docker/go-units"
)

// podmanSpec translates a planned container into a request to Podman's own API (SpecGenerator). It is a translation and
// so a list of fields; what a newer Podman knows besides is found missing by verifyNext.
// Source: https://docs.podman.io/en/latest/_static/api.html (ContainerCreateLibpod).
type podmanSpec struct {
	body   cloneBody
	native document // inspect of the old container
	hidden podmanHidden
	oldRef string
	spec   document
}

func newPodmanSpec(name string, source *cloneSource, body cloneBody) document {
	p := &podmanSpec{body: body, native: source.native, hidden: source.hidden, spec: document{"name": name}}
	p.oldRef = source.container.object("Config").text("Image")
	p.process()
	p.storage()
	p.security()
	p.namespaces()
	p.networks()
	p.limits()
	p.fromCommand()
	for key, value := range p.spec {
		if empty(value) && key != "stop_timeout" {
			delete(p.spec, key)
		}
	}
	return p.spec
}

// put carries values over under other names.
func (p *podmanSpec) put(from document, names map[string]string) {
	for key, name := range names {
		if value, found := from[key]; found {
			p.spec[name] = value
		}
	}
}

func (p *podmanSpec) process() {
	config, host := p.body.config(), p.body.host()
	p.put(config, map[string]string{
		"Image": "image", "Cmd": "command", "Entrypoint": "entrypoint", "Labels": "labels", "Tty": "terminal",
		"OpenStdin": "stdin", "Hostname": "hostname", "WorkingDir": "work_dir", "User": "user", "StopTimeout": "stop_timeout",
		"Healthcheck": "healthconfig",
	})
	p.spec["raw_image_name"] = config["Image"]
	p.spec["env"] = map[string]any(envMap(config))
	if number := signalNumber(config["StopSignal"]); number != 0 {
		p.spec["stop_signal"] = number
	}
	native := p.native.object("Config")
	p.put(native, map[string]string{
		"Umask": "umask", "Timezone": "timezone", "Timeout": "timeout", "sdNotifyMode": "sdnotifyMode",
		"HealthLogDestination": "healthLogDestination", "HealthcheckMaxLogCount": "healthMaxLogCount",
		"HealthcheckMaxLogSize": "healthMaxLogSize",
	})
	p.spec["annotations"] = map[string]any(userAnnotations(native))
	p.spec["systemd"] = "true" // decide by the command, as for any new container
	if native.flag("SystemdMode") {
		p.spec["systemd"] = "always"
	}
	p.spec["oci_runtime"] = p.native["OCIRuntime"]
	p.put(host, map[string]string{"AutoRemove": "remove", "Init": "init"})
	restart := host.object("RestartPolicy")
	p.put(restart, map[string]string{"Name": "restart_policy", "MaximumRetryCount": "restart_tries"})
	p.logging(host.object("LogConfig"))
}

// logging leaves out the path, which is the container's own folder.
func (p *podmanSpec) logging(shown document) {
	log := document{"driver": shown["Type"]}
	if size, err := units.FromHumanSize(shown.text("Size")); err == nil && size > 0 {
		log["size"] = size
	}
	if tag := shown.text("Tag"); tag != "" {
		log["options"] = map[string]any{"tag": tag}
	}
	p.spec["log_configuration"] = map[string]any(log)
}

// storage takes the mounts from Binds and Tmpfs, where Podman shows them all, the anonymous volumes with their names.
func (p *podmanSpec) storage() {
	host := p.body.host()
	var mounts, volumes []any
	for _, bind := range host.texts("Binds") {
		source, rest, _ := strings.Cut(bind, ":")
		destination, options, _ := strings.Cut(rest, ":")
		if strings.HasPrefix(source, "/") {
			mounts = append(mounts, ociMount("bind", source, destination, options))
			continue
		}
		volumes = append(volumes, map[string]any{"Name": source, "Dest": destination, "Options": splitOptions(options)})
	}
	tmpfs := host.object("Tmpfs")
	for _, destination := range slices.Sorted(maps.Keys(tmpfs)) {
		mounts = append(mounts, ociMount("tmpfs", "tmpfs", destination, tmpfs.text(destination)))
	}
	p.spec["mounts"], p.spec["volumes"] = mounts, volumes
	p.put(host, map[string]string{"VolumesFrom": "volumes_from"})
	var devices []any
	for _, device := range host.objects("Devices") {
		path := device.text("PathOnHost") + ":" + device.text("PathInContainer")
		if rights := device.text("CgroupPermissions"); rights != "" {
			path += ":" + rights
		}
		devices = append(devices, map[string]any{"path": path})
	}
	p.spec["devices"] = devices
}

func ociMount(kind, source, destination, options string) map[string]any {
	return map[string]any{"type": kind, "source": source, "destination": destination, "options": splitOptions(options)}
}

func splitOptions(options string) []any {
	if options == "" {
		return nil
	}
	return texts(strings.Split(options, ","))
}

func (p *podmanSpec) security() {
	host := p.body.host()
	p.put(host, map[string]string{
		"Privileged": "privileged", "ReadonlyRootfs": "read_only_filesystem", "GroupAdd": "groups",
		"CapAdd": "cap_add", "CapDrop": "cap_drop",
	})
	if host.flag("Privileged") { // shown relative to all capabilities, which isn't how they are taken
		delete(p.spec, "cap_add")
		delete(p.spec, "cap_drop")
	}
	var labels []any
	for _, option := range host.texts("SecurityOpt") {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "no-new-privileges":
			p.spec["no_new_privileges"] = true
		case "label":
			labels = append(labels, value)
		case "seccomp":
			p.spec["seccomp_profile_path"] = value
		case "apparmor":
			p.spec["apparmor_profile"] = value
		}
	}
	p.spec["selinux_opts"] = labels
}
