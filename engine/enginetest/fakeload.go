package enginetest

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// loadArchive reads a docker-archive, as `docker save` writes it.
func (f *Fake) loadArchive(w http.ResponseWriter, r *http.Request) {
	files, err := untar(r.Body)
	if err != nil {
		respond(w, nil, refuse(http.StatusInternalServerError, "%v", err))
		return
	}
	var manifest []struct {
		Config   string
		RepoTags []string
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil {
		respond(w, nil, refuse(http.StatusInternalServerError, "open manifest.json: no such file or directory"))
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, entry := range manifest {
		var config struct{ Config imageConfig }
		if err := json.Unmarshal(files[entry.Config], &config); err != nil {
			answer(w, map[string]any{"error": err.Error(), "errorDetail": map[string]string{"message": err.Error()}})
			return
		}
		loaded := f.newImage(config.Config)
		for _, ref := range entry.RepoTags {
			f.images[ref] = loaded
			answer(w, map[string]string{"stream": "Loaded image: " + ref + "\n"})
		}
		if len(entry.RepoTags) == 0 {
			f.images[loaded.id] = loaded
			answer(w, map[string]string{"stream": "Loaded image ID: " + loaded.id + "\n"})
		}
	}
}

func untar(in io.Reader) (map[string][]byte, error) {
	files := map[string][]byte{}
	for archive := tar.NewReader(in); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			return nil, err
		}
	}
}
