package engine

import "strings"

// FilterEnvVariables leaves out the variables ("NAME=value") whose entry begins with one of the excluded texts: "FOO="
// is one variable, "FOO" every one whose name begins so.
func FilterEnvVariables(l []string, exclude []string) []string {
	filtered := make([]string, 0, len(l))
	for _, entry := range l {
		if !hasAnyPrefix(entry, exclude) {
			filtered = append(filtered, entry)
		}
	}
	return filtered
}

// FilterLabels leaves out the labels whose name begins with one of the excluded texts.
//
// The package whose API this is left out "org.opencontainers." whatever was asked for.
func FilterLabels(l map[string]string, exclude []string) map[string]string {
	filtered := make(map[string]string, len(l))
	for name, value := range l {
		if !hasAnyPrefix(name, exclude) {
			filtered[name] = value
		}
	}
	return filtered
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}
