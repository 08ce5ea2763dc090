package config

import (
	"slices"
	"strings"
)

// Kind is what a value looks like.
type Kind string

// The kinds.
const (
	Text     Kind = "text"
	Number   Kind = "number"   // whole
	Duration Kind = "duration" // text such as 1m30s or 250ms
	List     Kind = "list"     // of texts; separated by commas in variables and flags
)

// Key is one setting.
type Key struct {
	Name    string   // dotted, as in YAML
	Kind    Kind     //
	Default string   // as a variable would give it
	Choices []string // the only values, if there are any
	Secret  bool     // never shown, and has no flag
	Doc     string   // for people: what it is, in which unit

	check func(any) error // what else a value must be; nil: anything
}

// Env is the environment variable for the key.
func (k Key) Env() string {
	return "EDGED_" + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
}

// Flag is the flag for the key, without dashes before it; a secret has none,
// because every user of the machine sees the arguments of a process.
func (k Key) Flag() string {
	if k.Secret {
		return ""
	}
	return strings.NewReplacer(".", "-", "_", "-").Replace(k.Name)
}

// yesNo are the choices of a switch.
var yesNo = []string{"true", "false"}

// Keys returns the table of all settings, in the order in which people read it.
func Keys() []Key {
	return slices.Concat(neighbourKeys(), workKeys(), placeKeys(), reportKeys())
}

// neighbourKeys are about whom edged speaks to, and as whom.
func neighbourKeys() []Key {
	return []Key{
		{Name: "engine.host", Kind: Text, check: engineHost,
			Doc: "Socket of the container engine, such as `unix:///run/docker.sock`. Empty: DOCKER_HOST, CONTAINER_HOST, then the usual sockets of rootless and rootful Docker and Podman."},
		{Name: "engine.retry_interval", Kind: Duration, Default: "1s", check: positive,
			Doc: "Pause between two attempts to reach the engine."},

		{Name: "mqtt.url", Kind: List, Default: "tcp://127.0.0.1:1883", check: brokerURLs,
			Doc: "Brokers, tried in turn: `tcp://` or `mqtt://` (port 1883 unless given), `ssl://` or `mqtts://` for TLS (port 8883 unless given). `HOST` or `HOST:PORT` alone means TLS if the port is 8883 or a CA or a certificate is set. One broker needs no list."},
		{Name: "mqtt.user", Kind: Text, Doc: "User name at the broker. Empty: none."},
		{Name: "mqtt.password", Kind: Text, Secret: true, Doc: "Password at the broker. Better kept in a file of its own, see `mqtt.password_file`."},
		{Name: "mqtt.password_file", Kind: Text, Doc: "File whose first line is the password at the broker."},
		{Name: "mqtt.ca_file", Kind: Text, Doc: "PEM file with the authorities that may vouch for the broker, or a folder of such files. Empty: those of the system."},
		{Name: "mqtt.cert_file", Kind: Text, Doc: "PEM file with the client certificate. Goes with `mqtt.key_file`; both are read again when they change."},
		{Name: "mqtt.key_file", Kind: Text, Doc: "PEM file with the key of the client certificate."},
		{Name: "mqtt.root", Kind: Text, Default: "te", check: topicRoot, Doc: "First segments of every topic."},
		{Name: "mqtt.keepalive", Kind: Duration, Default: "30s", check: seconds, Doc: "Longest silence towards the broker, in whole seconds."},
		{Name: "mqtt.client_id", Kind: Text, Default: "edged", check: filled, Doc: "Client identifier; the broker allows each only once."},

		{Name: "device.topic_id", Kind: Text, Default: "device/main//", check: topicID,
			Doc: "Identifier of the device, in four segments: `device/main//`, or `device/NAME//` for a child device."},
		{Name: "service.name", Kind: Text, Default: "edged", check: segment, Doc: "Name under which edged itself is registered."},
		{Name: "service.use_module_name", Kind: Text, Default: "true", Choices: yesNo,
			Doc: "Whether the module name that software management has stored beside a compose project, in line 2 of the file `version`, stands in for the project's name in `PROJECT@SERVICE`."},
		{Name: "service.commands", Kind: Text, Default: "auto", Choices: onDuty,
			Doc: "Whether edged takes the commands start, stop and restart at the services of containers. `auto`: yes, but while a tedge-agent is up only those that it has not begun with after 10 s."},

		{Name: "software.enabled", Kind: Text, Default: "auto", Choices: onDuty,
			Doc: "Whether edged takes the device's commands `software_list` and `software_update`. `auto`: while no tedge-agent is up."},
		{Name: "software.network", Kind: Text, Default: "tedge",
			Doc: "Network that containers join that software management installs; it is made if there is none of the name. Empty: the engine's default."},
	}
}

// onDuty are the choices of what a tedge-agent does, too.
var onDuty = []string{"auto", "true", "false"}

// workKeys are about what edged does, and who decides.
func workKeys() []Key {
	return []Key{
		{Name: "policy.dirs", Kind: List, Default: "/usr/share/edged/policy.d,/etc/edged/policy.d", check: absolutes,
			Doc: "Folders of policy scripts (`*.lua`). A file in a later folder takes the place of its namesake in an earlier one."},
		{Name: "policy.default", Kind: Text, Default: "allow", Choices: []string{"allow", "deny"},
			Doc: "The answer when no script has one."},
		{Name: "policy.deadline", Kind: Duration, Default: "250ms", check: positive,
			Doc: "Longest time that the scripts may take over one event."},
		{Name: "policy.audit", Kind: List, check: noBlanks,
			Doc: "Scripts, by file name, whose answers are recorded and count for nothing. `*`: all."},
		{Name: "policy.grants", Kind: List, check: grants,
			Doc: "What scripts may reach: `FILE NEED`, such as `20-window.lua mqtt.publish:alerts/#`. Needs are `mqtt.publish:TOPIC`, `file.read:PATH` and `action:NAME`; the file `*` is all scripts."},
		{Name: "policy.commands", Kind: List, check: commands,
			Doc: "Commands that scripts may have run with `edged.action`: `NAME=/path/of/program ARGUMENT ...`, split at blanks, without a shell."},
		{Name: "policy.command_timeout", Kind: Duration, Default: "60s", check: positive,
			Doc: "Longest time that such a command may take before it is killed."},

		{Name: "update.health_gate", Kind: Duration, Default: "60s", check: positive,
			Doc: "Longest time for a new container to become healthy, before the old one is put back."},
		{Name: "update.stable_for", Kind: Duration, Default: "5s",
			Doc: "How long a new container without a healthcheck must run without an exit."},
		{Name: "update.stop_timeout", Kind: Duration, Default: "0s", check: wholeSeconds,
			Doc: "Time from the stop signal to the kill, in whole seconds. 0: the container's own."},
		{Name: "update.parallel", Kind: Number, Default: "2", check: atLeastOne,
			Doc: "How many requests are carried out at the same time."},

		{Name: "pull.attempts", Kind: Number, Default: "3", check: atLeastOne, Doc: "How often a pull is tried."},
		{Name: "pull.retry_wait", Kind: Duration, Default: "5s", Doc: "Pause between two attempts of a pull."},
		{Name: "pull.silence", Kind: Duration, Default: "30m",
			Doc: "How long nothing may come before an attempt is given up. 0: without an end. Podman before 5 says nothing while it fetches a layer."},

		{Name: "registry.program", Kind: Text, Default: "registry-credentials",
			Doc: "Program that is asked first for a login, see `docs/registries.md`. Empty, or none of that name: none."},
		{Name: "registry.logins_file", Kind: Text, Default: "/etc/edged/logins.json",
			Doc: "File of logins, see `docs/registries.md`. It may be missing."},
	}
}

// placeKeys are about its places on the device.
func placeKeys() []Key {
	return []Key{
		{Name: "api.socket", Kind: Text, Default: "/run/edged/edged.sock", check: socketPath,
			Doc: "Unix socket that the command line uses."},
		{Name: "api.group", Kind: Text, Default: "edged", Doc: "Group that may use the socket. Empty, or no such group: root only."},

		{Name: "state_dir", Kind: Text, Default: "/var/lib/edged", check: absolute,
			Doc: "Folder for what must outlive a reboot."},

		{Name: "log.level", Kind: Text, Default: "info", Choices: []string{"debug", "info", "warn", "error"},
			Doc: "The least important messages to write."},
		{Name: "log.format", Kind: Text, Default: "auto", Choices: []string{"auto", "text", "json"},
			Doc: "Form of the messages. `auto`: text on a terminal and in syslog, else JSON."},
		{Name: "log.target", Kind: Text, Default: "auto", Choices: []string{"auto", "stderr", "syslog", "file"},
			Doc: "Where messages go. `auto`: standard error, with priorities where systemd's journal reads it."},
		{Name: "log.file", Kind: Text, Default: "/var/log/edged.log", check: absolute,
			Doc: "File for the target `file`. When it has half of `log.file_kib`, it becomes `NAME.1`, and a new one begins."},
		{Name: "log.file_kib", Kind: Number, Default: "512", check: atLeastOne,
			Doc: "How many KiB the log file and its predecessor may take together."},
	}
}

// reportKeys are about what it tells, of which containers.
func reportKeys() []Key {
	return []Key{
		{Name: "outbox.records", Kind: Number, Default: "10000", check: atLeastOne,
			Doc: "How many records wait at most while the broker is away. The oldest telemetry goes first, then the oldest events, then results."},
		{Name: "outbox.bytes", Kind: Number, Default: "4194304", check: atLeastOne,
			Doc: "How many bytes they take at most. Their file in `state_dir` takes up to twice as much."},

		{Name: "telemetry.interval", Kind: Duration, Default: "60s",
			Doc: "How often it is told what containers use. 0: never."},
		{Name: "crash_loop.threshold", Kind: Number, Default: "5", check: notNegative,
			Doc: "How often a container must end within `crash_loop.window` to raise the alarm `ContainerCrashLoop`. 0: no such alarm."},
		{Name: "crash_loop.window", Kind: Duration, Default: "10m", check: positive, Doc: "The time in which these ends are counted."},
		{Name: "crash_loop.soak", Kind: Duration, Default: "1m",
			Doc: "How long the container must then run, and be healthy if it has a healthcheck, for the alarm to be cleared."},

		{Name: "filter.include_labels", Kind: List, check: noBlanks,
			Doc: "Only containers with one of these labels are minded: `NAME`, or `NAME=VALUE`. Empty: all."},
		{Name: "filter.include_names", Kind: List, check: expressions,
			Doc: "Only containers whose whole name matches one of these regular expressions are minded. Empty: all."},
		{Name: "filter.include_types", Kind: List, Default: "container,container-group", check: serviceTypes,
			Doc: "Only containers of these types are minded: `container` is a plain one, `container-group` one of a compose project."},
		{Name: "filter.exclude_labels", Kind: List, Default: "tedge.ignore", check: noBlanks,
			Doc: "Containers with one of these labels are left alone: `NAME`, or `NAME=VALUE`."},
		{Name: "filter.exclude_names", Kind: List, check: expressions,
			Doc: "Containers whose whole name matches one of these regular expressions are left alone."},
	}
}
