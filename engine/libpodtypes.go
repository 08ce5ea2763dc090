package engine

// LibPodInspectResponse is the part of Podman's own container inspect that its Docker-compatible API loses.
type LibPodInspectResponse struct {
	HostConfig LibPodHostConfig `json:"HostConfig"`
}

// LibPodHostConfig has the settings of the host side as Podman stores them.
type LibPodHostConfig struct {
	// UsernsMode as given: "", "private", "keep-id", "keep-id:uid=X,gid=Y", "nomap", ...
	// Podman 4 says "private" for "keep-id"; IDMappings tell the two apart.
	UsernsMode string            `json:"UsernsMode"`
	IDMappings *LibPodIDMappings `json:"IDMappings,omitempty"`
}

// LibPodIDMappings has the user namespace's tables; an entry reads "containerID:hostID:size".
type LibPodIDMappings struct {
	UIDMap []string `json:"UIDMap"`
	GIDMap []string `json:"GIDMap"`
}

// LibPodInfo is the part of Podman's info that we use.
type LibPodInfo struct {
	Host LibPodInfoHost `json:"host"`
}

// LibPodInfoHost has the host's part of [LibPodInfo].
type LibPodInfoHost struct {
	// EventLogger is the events backend: "journald", "file" or "none".
	EventLogger string `json:"eventLogger"`
}
