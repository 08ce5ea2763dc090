package config

import "testing"

func TestSocket(t *testing.T) {
	broken := folder(t, map[string]string{"edged.yaml": "nonsense: 1\n"})
	sound := folder(t, map[string]string{"edged.yaml": "api: {socket: /file}\n"})
	tests := []struct {
		name string
		src  Source
		want string // empty: an error
	}{
		{"flag over variable", Source{File: broken, Environ: []string{"EDGED_API_SOCKET=/env"}, Flags: map[string]string{"api.socket": "/flag"}}, "/flag"},
		{"variable beside a broken file", Source{File: broken, Environ: []string{"EDGED_API_SOCKET=/env", "EDGED_X=1"}}, "/env"},
		{"file", Source{File: sound}, "/file"},
		{"broken file", Source{File: broken}, ""},
		{"relative", Source{Flags: map[string]string{"api.socket": "here"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Socket(tt.src)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("Socket = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
