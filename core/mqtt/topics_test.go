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
		{main.commands(), "te/device/main/service/edged/cmd/+/+"},
		{main.status("update", "50%"), "te/device/main/service/edged/cmd/update/50%"},
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

func TestCommandTopic(t *testing.T) {
	const prefix = "te/device/main/service/edged/cmd"
	tests := []struct {
		topic, op, id string
		ok            bool
	}{
		{prefix + "/update/17", "update", "17", true},
		{prefix + "/update/c8y-mapper-1 2", "update", "c8y-mapper-1 2", true},
		{prefix + "/update", "", "", false},
		{prefix + "/update/", "", "", false},
		{prefix + "//1", "", "", false},
		{prefix + "/update/1/2", "", "", false},
		{"te/device/main/service/web/cmd/update/17", "", "", false},
	}
	for _, tt := range tests {
		op, id, ok := testTopics(t).command(tt.topic)
		if ok != tt.ok || ok && (op != tt.op || id != tt.id) {
			t.Errorf("command(%s) = %q, %q, %t", tt.topic, op, id, ok)
		}
	}
}
