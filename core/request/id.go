package request

import (
	"crypto/rand"
	"strings"
)

// Complete gives the request an id of its own if nobody gave it one: 26 random
// letters and digits.
func (r *Request) Complete() {
	if r.ID == "" {
		r.ID = strings.ToLower(rand.Text())
	}
}
