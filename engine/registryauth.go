package engine

import "github.com/docker/docker/api/types/registry"

// GetRegistryAuth is the value of the X-Registry-Auth header for a user and a password: JSON in base64 for URLs.
func GetRegistryAuth(username, password string) string {
	encoded, err := registry.EncodeAuthConfig(registry.AuthConfig{Username: username, Password: password})
	if err != nil { // two strings always have a JSON form
		return ""
	}
	return encoded
}
