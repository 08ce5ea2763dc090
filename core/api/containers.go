package api

import "net/http"

func (s *Server) getContainers(w http.ResponseWriter, _ *http.Request) {
	list := s.backend.Containers()
	if list == nil {
		list = []Container{} // JSON: [] rather than null
	}
	writeJSON(w, http.StatusOK, list)
}
