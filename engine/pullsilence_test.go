package engine

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A registry that sends nothing ends the attempt; one that is only slow does not.
func TestPullEndsInSilence(t *testing.T) {
	for name, tt := range map[string]struct {
		words  int // that come, at a quarter of the limit
		silent bool
	}{
		"from the beginning": {0, true},
		"later":              {6, true},
		"only slow":          {8, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const limit = 400 * time.Millisecond
			f := newFake(t)
			f.refuse("/images/app:2/json", http.StatusNotFound, "no such image: app:2")
			f.HandleFunc("/images/create", func(w http.ResponseWriter, r *http.Request) {
				for range tt.words {
					<-time.After(limit / 4)
					io.WriteString(w, `{"status":"Downloading","id":"abc","progressDetail":{"current":1,"total":9}}`+"\n")
					w.(http.Flusher).Flush()
				}
				if tt.silent {
					<-r.Context().Done() // as an engine does that is told to end a pull
				}
			})
			c := f.client(t)
			err := c.Pull(t.Context(), "app:2", true, ImagePullOptions{MaxAttempts: 1, Silence: limit})
			silent := errors.Is(err, ErrRegistry) && strings.Contains(err.Error(), "nothing has come from the registry for 400ms")
			if silent != tt.silent {
				t.Errorf("pull: %v, want an end in silence: %t", err, tt.silent)
			}
		})
	}
}
