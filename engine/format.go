package engine

import (
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// ConvertToTedgeStatus is thin-edge's service status for a container's state: "up" for a running one, else "down".
func ConvertToTedgeStatus(v string) string {
	switch v {
	case "up", "running":
		return "up"
	}
	return "down"
}

// FormatPorts writes ports as "[ip:][public:]private/protocol", joined by ", ". An IPv6 address stands in brackets.
func FormatPorts(values []container.Port) string {
	formatted := make([]string, 0, len(values))
	for _, p := range values {
		text := fmt.Sprintf("%d/%s", p.PrivatePort, p.Type)
		if p.PublicPort != 0 {
			text = fmt.Sprintf("%d:%s", p.PublicPort, text)
			if strings.Contains(p.IP, ":") {
				text = "[" + p.IP + "]:" + text
			} else if p.IP != "" {
				text = p.IP + ":" + text
			}
		}
		formatted = append(formatted, text)
	}
	return strings.Join(formatted, ", ")
}

// ParseContainerGroup splits "project@service"; ok is false if there is no "@".
func ParseContainerGroup(v string) (projectName string, serviceName string, ok bool) {
	return strings.Cut(v, "@")
}

// ConvertName picks a container's own name from the names in a list, without the slash. Names by which linked containers
// know it ("/other/alias") are passed over. Without any name it is "".
func ConvertName(v []string) string {
	for _, name := range v {
		if name = strings.TrimPrefix(name, "/"); !strings.Contains(name, "/") {
			return name
		}
	}
	return ""
}

// FormatContainerName is the name without the slash that the engine puts in front.
func FormatContainerName(v string) string { return strings.TrimPrefix(v, "/") }

// FormatLabels turns "name=value" entries into a map; entries without "=" are left out.
func FormatLabels(labels []string) map[string]string {
	m := make(map[string]string, len(labels))
	for _, label := range labels {
		if name, value, ok := strings.Cut(label, "="); ok {
			m[name] = value
		}
	}
	return m
}
