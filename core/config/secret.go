package config

import (
	"fmt"
	"os"
	"strings"
)

// Secret is the password at the broker: the one that is configured, or the
// first line of the file that is. It is read anew each time, so a changed file
// counts at the next connection.
func (m MQTT) Secret() (string, error) {
	if m.PasswordFile == "" {
		return m.Password, nil
	}
	data, err := os.ReadFile(m.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read mqtt.password_file: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}
