package mqtt

import (
	"os"
	"slices"
	"time"

	"edged/core/report"
	"edged/core/request"
)

// greeting is what edged says of itself at each connection: that it is there,
// and which commands it takes.
func (t topics) greeting(self *identity) ([]message, error) {
	messages, err := one(t.service(""), registration{Type: "service", Name: t.self, Service: "service", Parent: t.parent})
	if err != nil {
		return nil, err
	}
	twin, err := t.twin(self)
	if err != nil {
		return nil, err
	}
	messages = append(messages, twin...)
	for _, op := range slices.Concat(request.Ops(), request.Questions()) {
		messages = append(messages, message{t.service("", "cmd", string(op)), []byte("{}"), true})
	}
	return messages, nil
}

// twin tells this run of edged from others.
func (t topics) twin(self *identity) ([]message, error) {
	return one(t.service("", "twin", ownFragment), self)
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
