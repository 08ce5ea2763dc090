package api

import (
	"time"

	"edged/core/request"
)

// Line is one line of the answer to a request. Exactly one field is set.
type Line struct {
	Progress *request.Progress `json:"progress,omitempty"`
	Result   *request.Result   `json:"result,omitempty"`
	Error    string            `json:"error,omitempty"` // there will be no result here: why
}

// Container is a container as it is listed.
type Container struct {
	Name    string    `json:"name"`
	Type    string    `json:"type"`              // container or container-group
	Group   string    `json:"group,omitempty"`   // compose project
	Service string    `json:"service,omitempty"` // compose service
	Entity  string    `json:"entity,omitempty"`  // the service that it is reported as
	ID      string    `json:"id"`                // in full
	Image   string    `json:"image"`             // the reference it was created with
	State   string    `json:"state"`             // the engine's word: created running paused restarting exited dead
	Health  string    `json:"health,omitempty"`  // healthy unhealthy starting; empty without a healthcheck
	Status  string    `json:"status,omitempty"`  // for people, such as Up 3 minutes
	Ports   []string  `json:"ports,omitempty"`   // such as 0.0.0.0:8080->80/tcp
	Created time.Time `json:"created,omitzero"`
}

// Status is how the daemon is.
type Status struct {
	Version  string    `json:"version"`
	Since    time.Time `json:"since"`          // when the daemon began
	Self     string    `json:"self,omitempty"` // name of the container that it runs in
	Engine   Engine    `json:"engine"`
	MQTT     MQTT      `json:"mqtt"`
	Scripts  Scripts   `json:"scripts"`
	Requests []Running `json:"requests,omitempty"` // under way or put off
}

// Engine is the container engine.
type Engine struct {
	Type      string `json:"type,omitempty"`    // docker or podman; empty until it has answered
	Version   string `json:"version,omitempty"` // its own
	Host      string `json:"host,omitempty"`    // its socket
	Connected bool   `json:"connected"`
	Error     string `json:"error,omitempty"` // why not
}

// MQTT is the connection to the broker.
type MQTT struct {
	URL       string `json:"url,omitempty"`
	Connected bool   `json:"connected"`
	Error     string `json:"error,omitempty"` // why not, or that a second edged speaks in the same name
}

// Scripts is the policy in force.
type Scripts struct {
	Revision string   `json:"revision,omitempty"` // changes when any of the files does
	Files    []Script `json:"files,omitempty"`
	Error    string   `json:"error,omitempty"` // why the newest scripts are not in force, with file and line; without Files none are
}

// Script is one policy script.
type Script struct {
	Name  string `json:"name"`            // file name
	Hooks int    `json:"hooks"`           // how many it has registered
	Error string `json:"error,omitempty"` // why it is not in force
}

// Running is a request that has no final result yet.
type Running struct {
	ID      string     `json:"id"`
	Op      request.Op `json:"op"`
	Target  string     `json:"container,omitempty"`
	Image   string     `json:"image,omitempty"`
	Command string     `json:"command,omitempty"` // the name of one that a script has run
	Actor   string     `json:"actor,omitempty"`   // who asked
	Step    string     `json:"step,omitempty"`    // such as pull or gate
	Started time.Time  `json:"started,omitzero"`
	Until   time.Time  `json:"deferred_until,omitzero"` // put off by policy until then
}
