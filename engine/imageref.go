package engine

import (
	"strings"

	"github.com/distribution/reference"
)

// hubPrefix is the registry that a reference without one means.
const hubPrefix = "docker.io/"

// ResolveDockerIOImage writes out a reference of docker.io that leaves out "library/": docker.io/app becomes
// docker.io/library/app. The second result says whether anything changed; every other reference comes back as it was.
func ResolveDockerIOImage(imageRef string) (string, bool) {
	rest, found := strings.CutPrefix(imageRef, hubPrefix)
	if !found || rest == "" || strings.Contains(repositoryPath(rest), "/") {
		return imageRef, false
	}
	return hubPrefix + "library/" + rest, true
}

// NormalizeImageRef is the form of a reference for showing and storing: as ResolveDockerIOImage says. A name without a
// registry stays as it is, because it may name an image that was built on the device and never came from docker.io.
func NormalizeImageRef(imageRef string) string {
	ref, _ := ResolveDockerIOImage(imageRef)
	return ref
}

// ImageRefsEqual reports whether two references mean the same image: "app", "docker.io/app" and
// "docker.io/library/app:latest" are one. What isn't a reference is equal only to itself.
func ImageRefsEqual(a, b string) bool {
	return canonicalRef(a) == canonicalRef(b)
}

// BuildImageRef joins a software name and version: "nginx", "1.25" is nginx:1.25. A version that is a digest
// ("sha256:…") is joined by "@". The version is left out when the name has a tag or digest of its own.
func BuildImageRef(name string, version string) string {
	if version == "" {
		return name
	}
	if named, err := reference.ParseNormalizedNamed(name); err == nil && !reference.IsNameOnly(named) {
		return name
	}
	if strings.Contains(version, ":") {
		return name + "@" + version
	}
	return name + ":" + version
}

// canonicalRef writes a reference out in full: registry, path, and tag or digest.
func canonicalRef(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ref
	}
	return reference.TagNameOnly(named).String()
}

// isMovingRef reports whether what a reference names can change: it does unless it names a digest.
func isMovingRef(ref string) bool {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return false
	}
	_, digested := named.(reference.Digested)
	return !digested
}

// repositoryPath cuts the tag and the digest off a reference that has no registry.
func repositoryPath(ref string) string {
	path, _, _ := strings.Cut(ref, "@")
	path, _, _ = strings.Cut(path, ":")
	return path
}
