package engine

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/docker/docker/api/types/container"
)

func TestKernelIDs(t *testing.T) {
	a, b := strings.Repeat("a1", 32), strings.Repeat("b2", 32)
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"no container", map[string]string{
			"proc/self/cgroup":    "0::/user.slice/user-0.slice/session-1.scope\n",
			"proc/self/mountinfo": "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
		}, nil},
		{"Docker with cgroup v1", map[string]string{"proc/self/cgroup": "12:cpu,cpuacct:/docker/" + a + "\n1:name=systemd:/docker/" + a + "\n"}, []string{a}},
		{"Docker with systemd", map[string]string{"proc/self/cgroup": "0::/system.slice/docker-" + a + ".scope\n"}, []string{a}},
		{"Podman with systemd", map[string]string{"proc/self/cgroup": "0::/machine.slice/libpod-" + a + ".scope/container\n"}, []string{a}},
		{"Podman with cgroupfs", map[string]string{"proc/self/cgroup": "4:memory:/libpod_parent/libpod-" + a + "\n"}, []string{a}},
		{"Docker with cgroup v2 and namespace", map[string]string{
			"proc/self/cgroup": "0::/\n",
			"proc/self/mountinfo": "100 90 8:1 /var/lib/docker/volumes/" + b + "/_data /data rw - ext4 /dev/sda1 rw\n" +
				"101 90 8:1 /var/lib/docker/containers/" + a + "/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw\n" +
				"102 90 8:1 /var/lib/docker/containers/" + a + "/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n",
		}, []string{a}},
		{"Podman's mounts", map[string]string{
			"proc/self/mountinfo": "101 90 0:25 /containers/overlay-containers/" + a + "/userdata/hosts /etc/hosts rw - tmpfs tmpfs rw\n",
		}, []string{a}},
		{"Podman's own file", map[string]string{
			"run/.containerenv": "engine=\"podman-4.3.1\"\nname=\"web\"\nid=\"" + a + "\"\nimageid=\"" + b + "\"\n",
		}, []string{a}},
		{"the sources in their order", map[string]string{
			"run/.containerenv": "id=\"" + b + "\"\n", "proc/self/cgroup": "1:cpu:/docker/" + a + "\n2:x:/docker/" + b + "\n",
		}, []string{b, a}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for path, text := range test.files {
				root[path] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := kernelIDs(root); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestHasHostname(t *testing.T) {
	with := func(config container.Config, idFile string) container.InspectResponse {
		host := &container.HostConfig{ContainerIDFile: idFile}
		return container.InspectResponse{ContainerJSONBase: &container.ContainerJSONBase{HostConfig: host}, Config: &config}
	}
	readFile := func(path string) ([]byte, error) {
		if path == "/run/id" {
			return []byte("me\n"), nil
		}
		return nil, fs.ErrNotExist
	}
	tests := []struct {
		name string
		in   container.InspectResponse
		want bool
	}{
		{"hostname", with(container.Config{Hostname: "me"}, ""), true},
		{"environment", with(container.Config{Env: []string{"A=b", "HOSTNAME=me"}}, ""), true},
		{"ID file", with(container.Config{}, "/run/id"), true},
		{"other", with(container.Config{Hostname: "you", Env: []string{"HOSTNAME=me2"}}, "/run/none"), false},
		{"a fork", with(container.Config{Hostname: "me", Labels: map[string]string{LabelFork: "1"}}, ""), false},
		{"nothing", container.InspectResponse{}, false},
	}
	for _, test := range tests {
		if got := hasHostname(test.in, "me", readFile); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
}

func TestSelfByHostname(t *testing.T) {
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	mine := `{"Id":"c1","Name":"/a","Config":{"Hostname":"` + hostname + `"}}`
	other := `{"Id":"c2","Name":"/` + hostname + `","Config":{"Hostname":"other"}}`
	f := newFake(t)
	f.answer("/containers/"+hostname+"/json", other) // merely named like our host
	f.answer("/containers/json", `[{"Id":"c1"},{"Id":"c2"},{"Id":"gone"}]`)
	f.answer("/containers/c1/json", mine)
	second := other
	f.HandleFunc("/containers/c2/json", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, second) })
	c := f.client(t)
	if self, err := c.Self(t.Context()); err != nil || self.ID != "c1" {
		t.Errorf("got %+v, %v", self.ContainerJSONBase, err)
	}
	second = strings.Replace(mine, "c1", "c2", 1)
	if self, err := c.Self(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("two fit: got %+v, %v", self.ContainerJSONBase, err)
	}
}
