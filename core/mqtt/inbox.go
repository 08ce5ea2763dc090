package mqtt

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"edged/core/report"
	"edged/core/request"
	"edged/hooks"
)

// maxMessage is the largest payload that scripts get, in bytes.
const maxMessage = 32 << 10

// Handler takes what arrives. Its methods are called by the goroutine that
// reads from the broker and must not block.
type Handler interface {
	// Submit hands in a new command, or one of which the outbox holds no status. One
	// with a Via is meant for the service that is its target, whoever minds that.
	Submit(request.Request)

	// Interrupted hands in a command that another run of edged began and did not
	// finish, as found on the broker. Its status stays so until somebody puts a
	// [report.Command] with the same request.
	Interrupted(request.Request)

	// Cleared says that the requester wants to know no more of the command of that
	// operation, id and entity, so that nothing more should be put about it.
	Cleared(request.Request)

	// Left says what stands on the broker about services: a [report.Service] that edged
	// has registered, in this run or in an earlier one, or a [report.Alarm].
	Left(report.Record)

	// Message hands in a message that one of the filters of [Config.Listen] means. The
	// body is not to be kept.
	Message(topic string, body []byte, retained bool)

	// Connected says whether the broker can be reached. Both come alternating,
	// true first.
	Connected(bool)

	// Trouble says for people what is wrong with the connection: why there is none, or who else was heard to speak as
	// edged. Empty: nothing.
	Trouble(text string)
}

// inbox takes in what arrives on the subscribed topics.
type inbox struct {
	topics  topics
	out     Outbox
	handler Handler
	grumble *grumble
	self    *identity
	listen  func() []string // nil: nobody listens
	spoke   bool            // an earlier session has told the broker who edged is
	check   func()          // somebody asks for edged's health
	answer  func()          // a second edged must hear that there is a first
	end     context.CancelCauseFunc

	agent              *agent
	software, services string // see [Config.Software] and [Config.ServiceCommands]
}

// receive takes one message. Retained ones were published before this connection.
func (i inbox) receive(topic string, body []byte, retained bool) {
	a, ok := i.topics.parse(topic)
	switch {
	case !ok:
	case a.channel == "":
		i.registration(a, topic, body, retained)
	case a.channel == "a":
		i.alarm(a, topic, body, retained)
	case a.channel == "status" && a.name == "health" && a.service == agentService:
		i.agent.health(body, time.Now())
	case a.channel == "twin" && a.service == i.topics.self:
		i.twin(topic, body, retained)
	case a.channel == "cmd":
		i.command(a, body, retained)
	}
	if i.listen != nil && slices.ContainsFunc(i.listen(), func(f string) bool { return hooks.TopicMatches(f, topic) }) {
		i.message(topic, body, retained)
	}
}

// message takes in what scripts listen to.
func (i inbox) message(topic string, body []byte, retained bool) {
	if len(body) > maxMessage {
		i.grumble.ignored(topic, fmt.Errorf("payload: %d bytes, scripts get at most %d", len(body), maxMessage))
		return
	}
	i.handler.Message(topic, body, retained)
}

// command takes in a command to edged, or to one of the device's services.
func (i inbox) command(a address, body []byte, retained bool) {
	r := request.Request{ID: a.id, Op: request.Op(a.name)}
	mode := Always
	switch {
	case a.service == "":
		if !slices.Contains(softwareOps(), r.Op) {
			return
		}
		r.Via, mode = i.topics.parent, i.software
	case a.service != i.topics.self:
		if !forServices(r.Op) {
			return
		}
		r.Via, r.Target, mode = i.topics.entity(a.service), a.service, i.services
	case a.name == "health" && a.id == "check":
		i.check()
		return
	}
	key, topic := report.CommandKey(r), i.topics.status(r)
	i.agent.heard(topic)
	if len(body) == 0 {
		i.out.Forget(key)
		i.handler.Cleared(r)
		return
	}
	r, status, err := decode(r, body)
	switch {
	case status == statusExecuting && !retained:
		// It is edged that said so.
	case (retained || status == statusInit) && i.out.Retell(key):
		// The same command again: what became of it is told again.
	case i.agent.leaves(mode):
		if err == nil && status == statusInit && mode == Auto && a.service != "" {
			i.agent.leave(topic, func() { i.handler.Submit(r) })
		}
	case a.service == "" && status == statusExecuting && !i.topics.began(body):
		// An agent did so, which goes on with it when it is back.
	case err != nil && r.Via != "" && a.service != "":
		i.grumble.ignored(topic, err) // it is not known to be edged's to answer
	case err != nil:
		i.refuse(r, err)
	case status == statusInit:
		i.handler.Submit(r)
	case status == statusExecuting:
		i.handler.Interrupted(r)
	}
}

// serviceOps are the commands that a container's own service takes.
func serviceOps() []request.Op { return []request.Op{request.Start, request.Stop, request.Restart} }

func forServices(op request.Op) bool { return slices.Contains(serviceOps(), op) }

// refuse answers a command that can't be understood, on its own topic.
func (i inbox) refuse(r request.Request, cause error) {
	i.grumble.refused(i.topics.status(r), r, cause)
	i.out.Put(report.Command{Request: r, Result: &request.Result{
		ID: r.ID, Op: r.Op, Target: r.Target, Image: r.Image,
		Outcome: request.Invalid, Reason: cause.Error(),
	}})
}

// registration takes in that a service is registered, if edged has done so.
func (i inbox) registration(a address, topic string, body []byte, retained bool) {
	if !retained || len(body) == 0 || a.service == i.topics.self {
		return
	}
	var r registration
	if err := json.Unmarshal(body, &r); err != nil {
		i.grumble.ignored(topic, err)
		return
	}
	if r.Keeper == i.topics.self && escape(r.Name) == escape(a.service) {
		i.handler.Left(report.Service{Name: r.Name, Type: r.Service})
	}
}

// alarm takes in that an alarm stands on the broker, whoever raised it.
func (i inbox) alarm(a address, topic string, body []byte, retained bool) {
	if !retained || len(body) == 0 || a.service == i.topics.self {
		return
	}
	var m alarm
	if err := json.Unmarshal(body, &m); err != nil {
		i.grumble.ignored(topic, err)
		return
	}
	i.handler.Left(report.Alarm{Service: a.service, Type: a.name, Severity: m.Severity, Text: m.Text})
}
