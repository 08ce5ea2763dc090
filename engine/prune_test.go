package engine

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"edged/test/lab"
)

// TestImagesPruneUnused has engines of its own: it removes images that other tests need.
func TestImagesPruneUnused(t *testing.T) {
	lab.Shared(t) // only where there can be a lab
	folder, err := lab.NewFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, folder.Close()) })
	docker, err := lab.StartDocker(t.Context(), folder, lab.DockerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, docker.Stop()) })
	podman, err := lab.StartPodman(t.Context(), folder, lab.PodmanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, podman.Stop()) })
	for _, e := range []lab.Engine{{Name: "docker", Host: docker.Host()}, {Name: "podman", Host: podman.Host()}} {
		t.Run(e.Name, func(t *testing.T) { checkPrune(t, testClient(t, e)) })
	}
}

func stopped(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func checkPrune(t *testing.T, c *ContainerClient) {
	archive := filepath.Join(t.TempDir(), "images.tar")
	data := imageArchive(t, archiveImage{name: "localhost/used:1", config: map[string]any{"Cmd": []string{"used"}}},
		archiveImage{name: "localhost/unused:1", config: map[string]any{"Cmd": []string{"unused"}}})
	if err := os.WriteFile(archive, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.LoadImages(t.Context(), archive); err != nil {
		t.Fatal(err)
	}
	id, err := c.Create(t.Context(), CreateSpec{Name: "user", Image: "localhost/used:1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, c.Remove(context.Background(), id)) })
	report, err := c.ImagesPruneUnused(t.Context())
	if err != nil || len(report.ImagesDeleted) == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	for image, want := range map[string]bool{"localhost/used:1": true, "localhost/unused:1": false} {
		if _, err := c.Client.ImageInspect(t.Context(), image); (err == nil) != want {
			t.Errorf("%s: there %v, want %v", image, err == nil, want)
		}
	}
}
