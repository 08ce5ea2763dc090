package hooks

import "time"

// Op is an operation that scripts are asked about before it is done, and told
// about afterwards.
type Op string

// The operations.
const (
	OpPull    Op = "pull"    // an image is fetched from a registry
	OpCreate  Op = "create"  // a new container is created and started
	OpUpdate  Op = "update"  // a container is replaced by a new revision (a clone)
	OpStart   Op = "start"   // a stopped container is started
	OpStop    Op = "stop"    // a running container is stopped
	OpRestart Op = "restart" // a container is stopped and started
	OpRecover Op = "recover" // a restart because of ill health
	OpRemove  Op = "remove"  // a container is removed
)

// Notice is something that happened, which scripts can react to but not
// prevent.
type Notice string

// The notices.
const (
	NoticeHealth       Notice = "health"       // a container's health changed
	NoticeExit         Notice = "exit"         // a container's main process ended
	NoticeOOM          Notice = "oom"          // a container was killed for memory
	NoticeBoot         Notice = "boot"         // edged has started and seen the engine
	NoticeShutdown     Notice = "shutdown"     // edged is about to end
	NoticeConnected    Notice = "connected"    // the MQTT broker answers
	NoticeDisconnected Notice = "disconnected" // the MQTT broker is gone
)

// Ops returns every operation in the order in which documents list them.
func Ops() []Op {
	return []Op{OpPull, OpCreate, OpUpdate, OpStart, OpStop, OpRestart, OpRecover, OpRemove}
}

// Notices returns every notice in the order in which documents list them.
func Notices() []Notice {
	return []Notice{NoticeHealth, NoticeExit, NoticeOOM, NoticeBoot, NoticeShutdown, NoticeConnected, NoticeDisconnected}
}

// Alias maps a word that a person would write to the name that edged uses:
// the engine calls an update a clone.
func Alias(name string) string {
	if name == "clone" {
		return string(OpUpdate)
	}
	return name
}

// How long and how often an operation is held back when the scripts that were
// asked about it failed to answer.
const (
	HoldDelay    = time.Minute
	HoldAttempts = 3
)

// HoldsOnFailure reports whether op is held back (rather than allowed) when a
// before-hook fails. Keeping what runs is safe, so whatever changes a device is
// held; a broken policy must not keep a device dark, so starting is not. A stop
// is allowed if a person asked for it and held if a policy did.
func HoldsOnFailure(op Op, byPolicy bool) bool {
	switch op {
	case OpStart, OpRestart, OpRecover:
		return false
	case OpStop:
		return byPolicy
	default:
		return true
	}
}
