package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// podmanHidden is what Podman stores of a container and shows in neither of its APIs. What the podman command made has
// it among its arguments, see also fromCommand; of any other container it stands in Podman's own files only, which edged
// can read where it runs beside Podman as the same user. Where it can't, these settings are lost.
type podmanHidden struct {
	sysctls   document
	endpoints map[string]podmanEndpoint // with what is fixed in it, by network
}

// podmanEndpoint are a container's settings in a network as Podman writes them down.
// Source: PerNetworkOptions in libnetwork/types of github.com/containers/common.
type podmanEndpoint struct {
	IPs     []string `json:"static_ips"`
	MAC     string   `json:"static_mac"`
	Aliases []string `json:"aliases"`
}

// maxPodmanFile bounds what is read of Podman's files.
const maxPodmanFile = 64 << 20

// readPodmanHidden reads the files that Podman's own inspect names. It fails with ErrNotCarried if they contradict each
// other.
func readPodmanHidden(native document) (podmanHidden, error) {
	hidden := podmanHidden{sysctls: document{}, endpoints: map[string]podmanEndpoint{}}
	command := native.object("Config").texts("CreateCommand")
	service := slices.Index(command, "service")
	if service > 0 && command[service-1] != "system" || service < 0 && len(command) > 0 {
		hidden.named(command, native)
		return hidden, nil
	}
	if spec, err := parseDocument(readFile(native.text("OCIConfigPath"))); err == nil {
		hidden.sysctls = spec.object("linux", "sysctl")
	}
	// STORAGE/overlay-containers/ID/userdata. Which folder SQLite's files are in depends on what the settings name.
	storage := filepath.Dir(filepath.Dir(filepath.Dir(native.text("StaticDir"))))
	for _, file := range []string{"libpod/bolt_state.db", "db.sql", "db.sql-wal", "libpod/db.sql", "libpod/db.sql-wal"} {
		if err := hidden.search(readFile(filepath.Join(storage, file)), native); err != nil {
			return hidden, err
		}
	}
	return hidden, nil
}

// named takes the addresses in use that the command names, and so has fixed.
func (h *podmanHidden) named(command []string, native document) {
	networks := native.object("NetworkSettings", "Networks")
	for name := range networks {
		shown := networks.object(name)
		var fixed podmanEndpoint
		for _, key := range []string{"IPAddress", "GlobalIPv6Address"} {
			if address := shown.text(key); names(command, address) {
				fixed.IPs = append(fixed.IPs, address)
			}
		}
		if mac := shown.text("MacAddress"); names(command, mac) {
			fixed.MAC = mac
		}
		if fixed.IPs != nil || fixed.MAC != "" {
			h.endpoints[name] = fixed
		}
	}
}

// readFile is a file's content, nothing if it can't be read.
func readFile(path string) []byte {
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxPodmanFile {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return data
}

// search finds the container's endpoints in one of Podman's databases. All of them keep an endpoint as JSON, next to the
// name of its network; which container it is of tells its short ID among the aliases, or the address in use.
func (h *podmanHidden) search(database []byte, native document) error {
	networks := native.object("NetworkSettings", "Networks")
	for _, key := range []string{`"static_ips":`, `"static_mac":`} {
		for at := 0; ; at++ {
			i := bytes.Index(database[at:], []byte(key))
			if i < 0 {
				break
			}
			at += i
			begin := bytes.LastIndexByte(database[:at], '{')
			name := networkBefore(database[:max(begin, 0)], networks)
			var found podmanEndpoint
			if name == "" || json.NewDecoder(bytes.NewReader(database[begin:])).Decode(&found) != nil || !found.isOf(native, name) {
				continue
			}
			before, twice := h.endpoints[name]
			if twice && (!slices.Equal(before.IPs, found.IPs) || before.MAC != found.MAC) {
				return fmt.Errorf("%w: NetworkSettings.Networks.%s: Podman has %v and %v as its address", ErrNotCarried, name, before.IPs, found.IPs)
			}
			h.endpoints[name] = found
		}
	}
	return nil
}

// networkBefore is the one of the networks whose name ends text, as a key of JSON or bare.
func networkBefore(text []byte, networks document) (name string) {
	tail := strings.TrimSuffix(string(text[max(len(text)-300, 0):]), `":`)
	for network := range networks {
		if strings.HasSuffix(tail, network) && len(network) > len(name) {
			name = network
		}
	}
	return name
}

// isOf reports whether the endpoint is the container's, in the network of that name. One that fixes another address than
// the container has is an earlier one, which databases keep for a while.
func (e podmanEndpoint) isOf(native document, network string) bool {
	shown := native.object("NetworkSettings", "Networks", network)
	used := shown.text("IPAddress")
	if used != "" && len(e.IPs) > 0 {
		return slices.Contains(e.IPs, used) || slices.Contains(e.IPs, shown.text("GlobalIPv6Address"))
	}
	mac := shown.text("MacAddress")
	return slices.Contains(e.Aliases, shortID(native.text("Id"))) || mac != "" && strings.EqualFold(e.MAC, mac)
}

// exclusive lists what two containers can't have at the same time.
func (h podmanHidden) exclusive() (out []string) {
	for _, name := range slices.Sorted(maps.Keys(h.endpoints)) {
		for _, address := range h.endpoints[name].IPs {
			out = append(out, fmt.Sprintf("address %s in %s", address, name))
		}
		if mac := h.endpoints[name].MAC; mac != "" {
			out = append(out, "mac "+mac)
		}
	}
	return out
}
