package mqtt

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"time"
)

// renewEvery is how often it is looked whether the files of a TLS connection have
// changed. A device's certificate is renewed days before the old one ends.
const renewEvery = 30 * time.Second

// errRenewed ends a session in good order, so that the next one uses the new files.
var errRenewed = errors.New("the certificates have changed")

// stamp tells whether one of the files was replaced: by their sizes and times.
func (t TLS) stamp() string {
	var b strings.Builder
	for _, path := range []string{t.CA, t.Cert, t.Key} {
		if info, err := os.Stat(path); err == nil {
			b.WriteString(strconv.FormatInt(info.Size(), 36) + "@" + strconv.FormatInt(info.ModTime().UnixNano(), 36))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// renewal watches the files of one session.
type renewal struct {
	files TLS
	host  string
	seen  string
}

// due reports whether there are new files that make sense. A certificate without
// its key yet, in the middle of a renewal, does not.
func (r *renewal) due() bool {
	now := r.files.stamp()
	if now == r.seen {
		return false
	}
	if _, err := r.files.config(r.host); err != nil {
		return false
	}
	r.seen = now
	return true
}
