// Package engine talks to a container engine, Docker or Podman, over its HTTP socket.
//
// [NewContainerClient] finds the engine and says what it can do. Everything else hangs off [ContainerClient]: lists and
// lookups, events that survive the engine's restart, state, logs, statistics, pulls and the replacement of containers.
//
// Podman is spoken to by its Docker-compatible API. Its own API (libpod) is used only where the compatible one loses
// information: events, health in lists, user namespaces, pulls and pruning on old versions.
//
// The package keeps no state that an engine restart could spoil and logs nothing: what happens is in return values, in
// events, and in errors that answer to [errors.Is] with [ErrNotFound], [ErrConflict] or [ErrUnreachable].
package engine
