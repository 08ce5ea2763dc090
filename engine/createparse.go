package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// parseRestart reads "no", "always", "unless-stopped", "on-failure" and "on-failure:5".
func parseRestart(s string) (container.RestartPolicy, error) {
	name, count, counted := strings.Cut(orDefault(s, "no"), ":")
	policy := container.RestartPolicy{Name: container.RestartPolicyMode(name)}
	if counted {
		n, err := strconv.Atoi(count)
		if err != nil || n < 0 {
			return policy, fmt.Errorf("restart policy %q: want a count after the colon", s)
		}
		policy.MaximumRetryCount = n
	}
	if err := container.ValidateRestartPolicy(policy); err != nil {
		return policy, fmt.Errorf("restart policy %q: %w", s, err)
	}
	return policy, nil
}

// parseDevices reads "/dev/host[:/dev/container[:rwm]]".
func parseDevices(list []string) ([]container.DeviceMapping, error) {
	var out []container.DeviceMapping
	for _, s := range list {
		parts := strings.Split(s, ":")
		device := container.DeviceMapping{PathOnHost: parts[0], PathInContainer: parts[0], CgroupPermissions: "rwm"}
		switch {
		case parts[0] == "" || len(parts) > 3:
			return nil, fmt.Errorf("device %q: want /dev/host[:/dev/container[:rwm]]", s)
		case len(parts) == 2 && strings.Trim(parts[1], "rwm") == "":
			device.CgroupPermissions = parts[1]
		case len(parts) >= 2:
			device.PathInContainer = parts[1]
		}
		if len(parts) == 3 {
			device.CgroupPermissions = parts[2]
		}
		out = append(out, device)
	}
	return out, nil
}

// parseVolumes tells anonymous volumes ("/path") from mounts with a source. Docker takes any word for the former.
func parseVolumes(list []string) (binds []string, anonymous map[string]struct{}, err error) {
	for _, s := range list {
		if strings.Contains(s, ":") {
			binds = append(binds, s)
			continue
		}
		if !strings.HasPrefix(s, "/") {
			return nil, nil, fmt.Errorf("volume %q: want [SOURCE:]/PATH[:OPTIONS]", s)
		}
		if anonymous == nil {
			anonymous = map[string]struct{}{}
		}
		anonymous[s] = struct{}{}
	}
	return binds, anonymous, nil
}
