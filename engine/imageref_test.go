package engine

import (
	"strings"
	"testing"
)

func TestNormalizeImageRef(t *testing.T) {
	for in, want := range map[string]string{
		"docker.io/httpd:2.4":            "docker.io/library/httpd:2.4",
		"docker.io/httpd":                "docker.io/library/httpd",
		"docker.io/httpd@sha256:00/11":   "docker.io/library/httpd@sha256:00/11",
		"docker.io/library/httpd:2.4":    "docker.io/library/httpd:2.4",
		"docker.io/myuser/app:1.0":       "docker.io/myuser/app:1.0",
		"ghcr.io/owner/image:tag":        "ghcr.io/owner/image:tag",
		"app3:latest":                    "app3:latest",
		"localhost/app":                  "localhost/app",
		"localhost:5000/app:1":           "localhost:5000/app:1",
		"":                               "",
		"docker.io/":                     "docker.io/",
		"docker.io.example.org/app:1":    "docker.io.example.org/app:1",
		"registry.example.org:1/a/b/c:1": "registry.example.org:1/a/b/c:1",
	} {
		got, changed := ResolveDockerIOImage(in)
		if got != want || changed != (in != want) || NormalizeImageRef(in) != want {
			t.Errorf("%q: %q (changed %v), want %q", in, got, changed, want)
		}
	}
}

func TestImageRefsEqual(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("0", 64)
	for _, pair := range [][2]string{
		{"app", "docker.io/library/app:latest"}, {"app:1", "docker.io/app:1"}, {"user/app:1", "docker.io/user/app:1"},
		{"index.docker.io/library/app:1", "app:1"}, {"app" + digest, "docker.io/library/app" + digest},
		{"localhost:5000/app", "localhost:5000/app:latest"}, {"not a reference", "not a reference"},
	} {
		if !ImageRefsEqual(pair[0], pair[1]) {
			t.Errorf("%s and %s differ", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{
		{"app:1", "app:2"}, {"app", "localhost/app"}, {"localhost:5000/app", "localhost:5001/app"},
		{"ghcr.io/a/b:1", "docker.io/a/b:1"}, {"app" + digest, "app:latest"}, {"", "app"},
	} {
		if ImageRefsEqual(pair[0], pair[1]) {
			t.Errorf("%s and %s are equal", pair[0], pair[1])
		}
	}
}

func TestBuildImageRef(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0", 64)
	for _, test := range [][3]string{
		{"nginx", "1.2.3", "nginx:1.2.3"}, {"ghcr.io/o/i", "1", "ghcr.io/o/i:1"}, {"localhost:5000/app", "1", "localhost:5000/app:1"},
		{"app:1", "2", "app:1"}, {"app", "", "app"}, {"app@" + digest, "1", "app@" + digest}, {"app", digest, "app@" + digest},
	} {
		if got := BuildImageRef(test[0], test[1]); got != test[2] {
			t.Errorf("%s, %s: %s, want %s", test[0], test[1], got, test[2])
		}
	}
}

func FuzzImageRef(f *testing.F) {
	for _, seed := range []string{"app", "docker.io/app:1", "localhost:5000/a/b@sha256:" + strings.Repeat("a", 64), "a:b:c", "@", "docker.io//"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		normal := NormalizeImageRef(ref)
		if NormalizeImageRef(normal) != normal {
			t.Errorf("%q: %q isn't stable", ref, normal)
		}
		if !ImageRefsEqual(ref, ref) {
			t.Errorf("%q isn't equal to itself", ref)
		}
		if ImageRefsEqual(ref, normal) != ImageRefsEqual(normal, ref) {
			t.Errorf("%q and %q: order matters", ref, normal)
		}
		BuildImageRef(ref, "1")
	})
}
