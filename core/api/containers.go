package api

import "net/http"

func (s *Server) getContainers(w http.ResponseWriter, _ *http.Request) {
	list := s.backend.Containers()
	if list == nil {
		list = []Container{} // JSON: [] rather than null
	}
	writeJSON(w, http.StatusOK, list)
}

func (s *Server) getSoftware(w http.ResponseWriter, r *http.Request) {
	list, err := s.backend.Software(r.Context())
	if err != nil {
		writeError(w, statusOf(err), err)
		return
	}
	writeJSON(w, http.StatusOK, list)
}
