package mqtt

import (
	"strings"
	"testing"
)

func testTopics(t testing.TB) topics {
	t.Helper()
	topics, err := newTopics("te", "device/main//", "edged")
	if err != nil {
		t.Fatal(err)
	}
	return topics
}

func TestTopicsOfServices(t *testing.T) {
	child, err := newTopics("fleet/te", "device/child01", "edged")
	if err != nil {
		t.Fatal(err)
	}
	main := testTopics(t)
	tests := []struct{ got, want string }{
		{main.service("web"), "te/device/main/service/web"},
		{main.service("shop@db", "twin", "container"), "te/device/main/service/shop@db/twin/container"},
		{main.service("", "status", "health"), "te/device/main/service/edged/status/health"},
		{main.service("a/+#%b"), "te/device/main/service/a%2F%2B%23%25b"},
		{main.service("a", "e", ""), "te/device/main/service/a/e/%"},
		{main.service("b\x00\xff\u00e4"), "te/device/main/service/b%00%FF%C3%A4"},
		{child.service("web"), "fleet/te/device/child01/service/web"},
		{child.parent, "device/child01//"},
		{main.status(command("update", "50%")), "te/device/main/service/edged/cmd/update/50%"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

func TestTopicsRefuse(t *testing.T) {
	for _, tt := range []struct{ root, device, self, want string }{
		{"te", "main", "edged", "device/NAME//"},
		{"te", "device//", "edged", "device/NAME//"},
		{"te", "device/main/service/x", "edged", "device/NAME//"},
		{"te", "device/ma+in//", "edged", "device/NAME//"},
		{"te/#", "device/main//", "edged", "without wildcards"},
		{"te", "device/main//", "", "own service"},
	} {
		_, err := newTopics(tt.root, tt.device, tt.self)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("newTopics(%q, %q, %q): %v, want an error with %q", tt.root, tt.device, tt.self, err, tt.want)
		}
	}
}

func TestParseTopic(t *testing.T) {
	const services = "te/device/main/service/"
	tests := map[string]address{
		services + "web":                                {service: "web"},
		services + "web/a/ContainerCrashLoop":           {service: "web", channel: "a", name: "ContainerCrashLoop"},
		services + "edged/twin/edged":                   {service: "edged", channel: "twin", name: "edged"},
		services + "edged/cmd/update/17":                {service: "edged", channel: "cmd", name: "update", id: "17"},
		services + "edged/cmd/update/c8y-mapper-1 2":    {service: "edged", channel: "cmd", name: "update", id: "c8y-mapper-1 2"},
		services + "web/cmd/stop/17":                    {service: "web", channel: "cmd", name: "stop", id: "17"},
		services + "edged/cmd/update":                   {},
		services + "edged/cmd/update/":                  {},
		services + "edged/cmd//1":                       {},
		services + "edged/cmd/update/1/2":               {},
		services + "":                                   {},
		services + "/a/x":                               {},
		services + "web/a":                              {},
		"te/device/child01/service/edged/cmd/update/17": {},
		"te/device/main///cmd/restart/1":                {channel: "cmd", name: "restart", id: "1"},
		"te/device/main///cmd/restart":                  {},
		"te/device/main///cmd/restart/1/2":              {},
	}
	for topic, want := range tests {
		got, ok := testTopics(t).parse(topic)
		if ok != (want != address{}) || ok && got != want {
			t.Errorf("parse(%s) = %+v, %t; want %+v", topic, got, ok, want)
		}
	}
}
