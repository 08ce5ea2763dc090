package main

import (
	"os"
	"strings"
	"testing"
)

// TestLinksOfImages compares what install-links makes with what image builders make.
func TestLinksOfImages(t *testing.T) {
	text, err := os.ReadFile("../../packaging/thin-edge.links")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(pluginLinks(), "\n") + "\n"; got != string(text) {
		t.Errorf("install-links makes\n%swant\n%s", got, text)
	}
}
