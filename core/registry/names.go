package registry

import "strings"

// hub is the registry that a reference without one means, and what Docker calls it towards helpers.
const hub, hubAddress = "docker.io", "https://index.docker.io/v1/"

// nameOf is the name of a registry, or of a part of one, in the form that references have: files also have them as
// addresses, such as https://quay.io/v1/.
func nameOf(key string) string {
	if _, rest, found := strings.Cut(key, "://"); found {
		key = rest
	}
	key = strings.TrimSuffix(key, "/")
	host, path, _ := strings.Cut(key, "/")
	host = strings.ToLower(host)
	if host == "index.docker.io" || host == "registry-1.docker.io" {
		host = hub
	}
	if path == "" || path == "v1" || path == "v2" {
		return host
	}
	return host + "/" + path
}

// within reports whether the repository is the one of that name, or below it.
func within(repository, name string) bool {
	rest, found := strings.CutPrefix(repository, name)
	return found && (rest == "" || rest[0] == '/')
}
