package mqtt

import (
	"log/slog"

	"edged/core/report"
	"edged/core/request"
)

// Handler takes what arrives. Its methods are called by the goroutine that
// reads from the broker and must not block.
type Handler interface {
	// Submit hands in a new command, or one of which the outbox holds no status.
	Submit(request.Request)

	// Interrupted hands in a command that another run of edged began and did not
	// finish, as found on the broker. Its status stays so until somebody puts a
	// [report.Command] with the same request.
	Interrupted(request.Request)

	// Cleared says that the requester wants to know no more of a command, so
	// that nothing more should be put about it.
	Cleared(op request.Op, id string)

	// Connected says whether the broker can be reached. Both come alternating,
	// true first.
	Connected(bool)
}

// commands takes in what arrives on the command topics.
type commands struct {
	topics  topics
	out     Outbox
	handler Handler
	log     *slog.Logger
	check   func() // somebody asks for edged's health
}

// receive takes one message. Retained ones were published before this connection.
func (c commands) receive(topic string, body []byte, retained bool) {
	op, id, ok := c.topics.command(topic)
	if !ok {
		return
	}
	if op == "health" && id == "check" {
		c.check()
		return
	}
	key := report.CommandKey(request.Op(op), id)
	if len(body) == 0 {
		c.out.Forget(key)
		c.handler.Cleared(request.Op(op), id)
		return
	}
	r, status, err := decode(op, id, body)
	switch {
	case status == statusExecuting && !retained:
		// It is edged that said so.
	case (retained || status == statusInit) && c.out.Retell(key):
		// The same command again: what became of it is told again.
	case err != nil:
		c.refuse(r, err)
	case status == statusInit:
		c.handler.Submit(r)
	case status == statusExecuting:
		c.handler.Interrupted(r)
	}
}

// refuse answers a command that can't be understood, on its own topic.
func (c commands) refuse(r request.Request, cause error) {
	c.log.Warn("refused an MQTT command", "op", r.Op, "id", r.ID, "error", cause)
	c.out.Put(report.Command{Request: r, Result: &request.Result{
		ID: r.ID, Op: r.Op, Target: r.Target, Image: r.Image,
		Outcome: request.Invalid, Reason: cause.Error(),
	}})
}
