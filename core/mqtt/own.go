package mqtt

import (
	"os"
	"time"

	"edged/core/report"
	"edged/core/request"
)

// greeting is what edged says of itself at each connection: that it is there,
// and which commands it takes.
func (t topics) greeting() ([]message, error) {
	messages, err := one(t.service(""), registration{"service", t.self, "service", t.parent})
	if err != nil {
		return nil, err
	}
	for _, op := range request.Ops() {
		messages = append(messages, message{t.service("", "cmd", string(op)), []byte("{}"), true})
	}
	return messages, nil
}

// ownHealth is edged's own health.
func (t topics) ownHealth(status report.Status, now time.Time) (message, error) {
	messages, err := one(t.service("", "status", "health"), health{status, os.Getpid(), stamp(now)})
	if err != nil {
		return message{}, err
	}
	return messages[0], nil
}

// will is what the broker says in edged's place when the connection breaks.
func (t topics) will() message {
	return message{t.service("", "status", "health"), []byte(`{"status":"down"}`), true}
}
