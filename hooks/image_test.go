package hooks

import (
	"strings"
	"testing"
)

func TestParseImage(t *testing.T) {
	const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	tests := []struct {
		ref  string
		want Image
	}{
		{"nginx", Image{Registry: "docker.io", Repository: "library/nginx", Tag: "latest"}},
		{"nginx:1.25", Image{Registry: "docker.io", Repository: "library/nginx", Tag: "1.25"}},
		{"localhost:5000/a/b:v2", Image{Registry: "localhost:5000", Repository: "a/b", Tag: "v2"}},
		{"registry.example.com/app@" + digest, Image{Registry: "registry.example.com", Repository: "app", Digest: digest}},
	}
	for _, tt := range tests {
		tt.want.Ref = tt.ref
		got, err := ParseImage(tt.ref)
		if err != nil || got != tt.want {
			t.Errorf("ParseImage(%q) = %+v, %v; want %+v", tt.ref, got, err, tt.want)
		}
	}
	for _, bad := range []string{"Not A Reference", "", strings.Repeat("a/", 1000) + "b"} {
		if _, err := ParseImage(bad); err == nil {
			t.Errorf("ParseImage took %.32q", bad)
		}
	}
}
