package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"
)

// TestRefusedOnce: a registry is asked once with each login, and there is one more attempt after the first refusal.
func TestRefusedOnce(t *testing.T) {
	for name, test := range map[string]struct {
		logins  []string // for the attempts; the last stays
		most    int
		offered []string // which of them got to the engine
		pulled  bool
	}{
		"none":                 {[]string{""}, 3, []string{""}, false},
		"the same again":       {[]string{"stale"}, 3, []string{"stale"}, false},
		"one attempt, renewed": {[]string{"stale", "good"}, 1, []string{"stale", "good"}, true},
		"renewed in vain":      {[]string{"stale", "older", "good"}, 1, []string{"stale", "older"}, false},
		"renewed twice":        {[]string{"stale", "older", "good"}, 3, []string{"stale", "older", "good"}, true},
	} {
		var offered []string
		pulled := false
		f := newFake(t)
		f.HandleFunc("/images/create", func(w http.ResponseWriter, r *http.Request) {
			auth := r.Header.Get("X-Registry-Auth")
			offered = append(offered, auth)
			if pulled = auth == "good"; !pulled {
				w.WriteHeader(http.StatusNotFound)
				io.WriteString(w, `{"message":"pull access denied for app, repository does not exist or may require 'docker login': denied"}`)
			}
		})
		c, asked := f.client(t), 0
		err := c.pullWithRetries(t.Context(), "app:2", ImagePullOptions{MaxAttempts: test.most, Wait: time.Millisecond,
			AuthFunc: func(_ context.Context, attempt int) (string, error) {
				if asked++; attempt != asked {
					t.Errorf("%s: attempt %d, want %d", name, attempt, asked)
				}
				return test.logins[min(attempt, len(test.logins))-1], nil
			}})
		if pulled != test.pulled || (err == nil) != test.pulled || !slices.Equal(offered, test.offered) {
			t.Errorf("%s: pulled %t with %q: %v", name, pulled, offered, err)
		}
		if err != nil && !errors.Is(pullErr("app:2", err), ErrUnauthorized) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
