package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"edged/core/toml"
)

// peerKeys are the keys of tedge-container-plugin (its packaging/config.toml and pkg/cli/cli.go, August 2026). Behind
// each stands ours, or, after a dash, why there is none.
const peerKeys = `
log_level log.level
topic_root mqtt.root
topic_id device.topic_id
device_id - not needed: services are removed by MQTT, and not in the cloud
service_name service.name
data_dir - not needed: edged keeps what it has to know in state_dir
delete_legacy - not needed
filter.include.names filter.include_names
filter.include.labels filter.include_labels
filter.include.types filter.include_types
filter.include.ids - use filter.include_names or filter.include_labels
filter.exclude.names filter.exclude_names
filter.exclude.labels filter.exclude_labels
container_image.enabled - not needed: edged install-links makes the link of each plugin
client.key mqtt.key_file
client.cert_file mqtt.cert_file
client.ca_file mqtt.ca_file
client.mqtt.host mqtt.url
client.mqtt.port mqtt.url
client.http.host - not needed: edged uses MQTT alone
client.http.port - not needed: edged uses MQTT alone
client.c8y.host - not needed: edged uses MQTT alone
client.c8y.port - not needed: edged uses MQTT alone
container.host engine.host
container.alwayspull - an update always asks the registry, unless it is told no_pull
container.network software.network
container.pruneimages - see edged prune
container.crash_loop_threshold crash_loop.threshold
metrics.enabled telemetry.interval
metrics.interval telemetry.interval
reconcile.interval - not needed: what stands on the broker is brought to the newest at each connection
reconcile.retry_interval - not needed: what can't be sent waits in the outbox
events.enabled - events are always told
delete_from_cloud.enabled - not needed: a service that is removed by MQTT is for the mapper to remove
delete_from_cloud.orphans - not needed: a service that is removed by MQTT is for the mapper to remove
delete_from_cloud.orphans_interval - not needed: a service that is removed by MQTT is for the mapper to remove
container_group.use_module_name service.use_module_name
registry.credentials_path registry.logins_file
`

// Import reads a configuration of tedge-container-plugin and returns what of it edged has, too, as YAML. Each warning, an
// [*Error] with file and line, is about something that it has not, or has in another way. The error is about the file.
func Import(file string) (yaml string, warnings []error, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", nil, fmt.Errorf("read configuration: %w", err)
	}
	items, err := toml.Parse(file, data)
	if err != nil {
		return "", nil, err
	}
	ours, names := map[string]string{}, []string{}
	for line := range strings.Lines(peerKeys[1:]) {
		name, key, _ := strings.Cut(strings.TrimSpace(line), " ")
		ours[name] = key
		names = append(names, name)
	}
	i := &importer{table: Keys(), found: map[string]any{}}
	for _, item := range items {
		item.Key = strings.ToLower(item.Key)
		key, known := ours[item.Key]
		why, none := strings.CutPrefix(key, "- ")
		if !known {
			why = suggest("unknown key", item.Key, names)
		} else if !none {
			why = i.take(item, key)
		}
		if why != "" {
			warnings = append(warnings, &Error{Where: file + ":" + strconv.Itoa(item.Line), Key: item.Key, Problem: why})
		}
	}
	return i.yaml(), warnings, nil
}

type importer struct {
	table      table
	found      map[string]any // by our keys
	host, port string         // of the broker
}

// take takes a value over as the key of that name, and returns what is to be said about it.
func (i *importer) take(item toml.Item, name string) (why string) {
	key, known := i.table.key(name)
	if !known || item.Kind == toml.Array && key.Kind != List {
		return "left out: not a value for " + name
	}
	text := item.Text + strings.Join(item.List, ",")
	switch item.Key {
	case "client.key", "client.cert_file", "client.ca_file":
		if _, err := os.Stat(text); errors.Is(err, fs.ErrNotExist) {
			return "left out: there is no such file on this machine"
		}
	case "client.mqtt.host":
		i.host = text
		return i.set(key, i.broker())
	case "client.mqtt.port": // 0 is 8883 with certificates and 1883 without, as with us where there is none
		i.port = strings.Trim(text, "0")
		if i.port != "" {
			i.port = ":" + text
		}
		return i.set(key, i.broker())
	case "container.crash_loop_threshold":
		if text == "0" {
			return "left out: 0 means 5 there, and no alarm here"
		}
	case "metrics.enabled":
		if text == "true" {
			return ""
		}
		text = "0"
	case "metrics.interval":
		if i.found[name] != nil {
			return "left out: metrics.enabled says never"
		}
	case "filter.include.names", "filter.exclude.names":
		text = whole(text)
	}
	return i.set(key, text)
}

func (i *importer) set(key Key, text string) (why string) {
	value, err := key.parse(text)
	if err != nil {
		return "left out: " + err.Error()
	}
	i.found[key.Name] = value
	return ""
}

func (i *importer) broker() string { return cmp.Or(i.host, "127.0.0.1") + i.port }

// whole makes expressions for the whole of a name of some that are for a part of it.
func whole(list string) string {
	out := split(list)
	for i, text := range out {
		before, after := ".*", ".*"
		if !strings.Contains(text, "|") {
			if strings.HasPrefix(text, "^") {
				before = ""
			}
			if strings.HasSuffix(text, "$") || strings.HasSuffix(text, ".*") {
				after = ""
			}
		}
		if before+after != "" {
			text = before + "(?:" + text + ")" + after
		}
		out[i] = text
	}
	return strings.Join(out, ",")
}

// yaml is what was found, in the order of [Keys].
func (i *importer) yaml() string {
	var out strings.Builder
	last := ""
	for _, key := range i.table {
		value := i.found[key.Name]
		if value == nil {
			continue
		}
		section, name, nested := strings.Cut(key.Name, ".")
		if nested && section != last {
			out.WriteString(section + ":\n")
		}
		if last = section; nested {
			section = "  " + name
		}
		out.WriteString(section + ": ")
		switch v := value.(type) {
		case []string:
			for n, text := range v {
				v[n] = strconv.Quote(text)
			}
			out.WriteString("[" + strings.Join(v, ", ") + "]")
		case int:
			out.WriteString(strconv.Itoa(v))
		case time.Duration:
			out.WriteString(shortDuration(v))
		case string:
			out.WriteString(strconv.Quote(v))
		}
		out.WriteString("\n")
	}
	return out.String()
}
