package hooks

import "testing"

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
	if _, err := ParseImage("Not A Reference"); err == nil {
		t.Error("ParseImage took a reference with spaces and capitals")
	}
}
