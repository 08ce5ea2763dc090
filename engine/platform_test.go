package engine

import (
	"errors"
	"testing"
)

func TestCheckPlatformWords(t *testing.T) {
	for _, test := range []struct {
		image, variant, machine string
		want                    bool
	}{
		{"amd64", "", "amd64", true}, {"amd64", "", "x86_64", true}, {"amd64", "", "arm64", false}, {"arm64", "v8", "aarch64", true},
		{"arm", "v7", "arm64", true}, {"arm64", "v8", "arm", false}, {"arm", "v7", "armv7l", true}, {"arm", "v6", "armv7l", true},
		{"arm", "v7", "armv6l", false}, {"arm", "", "armv6l", true}, {"arm", "v6", "armv5tel", false}, {"arm", "v5", "armv5tel", true},
		{"386", "", "amd64", true}, {"", "", "arm64", true}, {"riscv64", "", "amd64", false},
	} {
		if err := checkPlatform("linux", test.image, test.variant, "linux", test.machine); (err == nil) != test.want {
			t.Errorf("%s%s on %s: %v", test.image, test.variant, test.machine, err)
		}
	}
	if err := checkPlatform("windows", "amd64", "", "linux", "amd64"); !errors.Is(err, ErrPlatform) {
		t.Errorf("windows on linux: %v", err)
	}
}
