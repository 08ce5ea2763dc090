package enginetest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

const fakeCPUs = 2

// stats are zeros for a container that doesn't run, as Docker's.
func (f *Fake) stats(c *fakeContainer) container.StatsResponse {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := container.StatsResponse{ID: c.id, Name: "/" + c.name}
	if !c.state.Running {
		return v
	}
	now := time.Now()
	v.Read = now
	v.CPUStats.SystemUsage = uint64(now.UnixNano()) * fakeCPUs
	v.CPUStats.OnlineCPUs = fakeCPUs
	if c.program.busy {
		v.CPUStats.CPUUsage.TotalUsage = uint64(now.Sub(c.started))
	}
	v.MemoryStats.Usage, v.MemoryStats.Limit = 1<<20, 8<<30
	if c.host.Memory > 0 {
		v.MemoryStats.Limit = uint64(c.host.Memory)
	}
	v.PidsStats.Current = 1
	return v
}

func (f *Fake) routeNetworks(mux *http.ServeMux) {
	mux.HandleFunc("GET /networks", f.listNetworks)
	mux.HandleFunc("POST /networks/create", f.createNetwork)
	mux.HandleFunc("DELETE /networks/{id}", func(w http.ResponseWriter, r *http.Request) {
		respond(w, nil, f.removeNetwork(r.PathValue("id")))
	})
}

func (f *Fake) listNetworks(w http.ResponseWriter, r *http.Request) {
	filter, err := parseFilter(r.URL.Query().Get("filters"))
	if err != nil {
		respond(w, nil, refuse(http.StatusBadRequest, "%v", err))
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []network.Summary{}
	for _, n := range f.networks {
		if filter.one("name", func(pattern string) bool { return regexp.MustCompile(pattern).MatchString(n.Name) }) {
			list = append(list, n)
		}
	}
	answer(w, list)
}

func (f *Fake) createNetwork(w http.ResponseWriter, r *http.Request) {
	var request network.CreateRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		respond(w, nil, refuse(http.StatusBadRequest, "%v", err))
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.networks {
		if n.Name == request.Name {
			respond(w, nil, refuse(http.StatusConflict, "network with name %s already exists", n.Name))
			return
		}
	}
	made := network.Summary{Name: request.Name, ID: f.id(), Created: time.Now(), Driver: "bridge"}
	made.IPAM.Config = []network.IPAMConfig{{Subnet: "10.9.0.0/16", Gateway: "10.9.0.1"}}
	f.networks = append(f.networks, made)
	w.WriteHeader(http.StatusCreated)
	answer(w, network.CreateResponse{ID: made.ID})
}

func (f *Fake) removeNetwork(key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, n := range f.networks {
		if n.Name == key || n.ID == key {
			f.networks = append(f.networks[:i], f.networks[i+1:]...)
			return nil
		}
	}
	return refuse(http.StatusNotFound, "network %s not found", key)
}
