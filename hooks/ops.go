package hooks

import (
	"strings"
	"time"
)

// Op is an operation that scripts are asked about before it is done, and told
// about afterwards.
type Op string

// The operations.
const (
	OpPull     Op = "pull"     // an image is fetched from a registry
	OpCreate   Op = "create"   // a new container is created and started
	OpUpdate   Op = "update"   // a container is replaced by a new revision (a clone)
	OpRollback Op = "rollback" // a container is replaced by its revision before
	OpRemove   Op = "remove"   // a container is removed
	OpPrune    Op = "prune"    // images that nothing uses are removed
	OpCommand  Op = "command"  // a command that the operator has declared is run
	OpStart    Op = "start"    // a stopped container is started
	OpRestart  Op = "restart"  // a container is stopped and started
	OpStop     Op = "stop"     // a running container is stopped
	OpRecover  Op = "recover"  // a restart or a rollback because of ill health
)

// Notice is something that happened, which scripts can react to but not
// prevent.
type Notice string

// The notices.
const (
	NoticeHealth       Notice = "health"       // a container's health changed
	NoticeExit         Notice = "exit"         // a container's main process ended
	NoticeOOM          Notice = "oom"          // a container was killed for memory
	NoticeCrashLoop    Notice = "crash_loop"   // a container ended again and again
	NoticeDrift        Notice = "drift"        // a container is no longer what edged made of it
	NoticeBoot         Notice = "boot"         // edged has started and seen the engine
	NoticeShutdown     Notice = "shutdown"     // edged is about to end
	NoticeConnected    Notice = "connected"    // the MQTT broker answers
	NoticeDisconnected Notice = "disconnected" // the MQTT broker is gone
	NoticeNetwork      Notice = "network"      // the way to the world is another one
)

// NoticeTimer is the [Event.Op] of a timer, for which scripts register with
// edged.every and edged.cron.
const NoticeTimer Notice = "timer"

// MQTTPrefix is what a notice of an MQTT message begins with; the topic follows.
// Scripts may register for a topic filter.
const MQTTPrefix = "mqtt:"

// Ops returns every operation in the order in which documents list them.
func Ops() []Op {
	return []Op{OpPull, OpCreate, OpUpdate, OpRollback, OpRemove, OpPrune, OpCommand, OpStart, OpRestart, OpStop, OpRecover}
}

// Notices returns every notice that has a name of its own, in the order in which
// documents list them.
func Notices() []Notice {
	return []Notice{
		NoticeHealth, NoticeExit, NoticeOOM, NoticeCrashLoop, NoticeDrift, NoticeBoot, NoticeShutdown,
		NoticeConnected, NoticeDisconnected, NoticeNetwork,
	}
}

// Alias maps a word that a person would write to the name that edged uses: the
// engine calls an update a clone, and what is done for a container's health is to
// recover it.
func Alias(phase Phase, name string) string {
	switch {
	case phase == On:
	case name == "clone":
		return string(OpUpdate)
	case name == string(NoticeHealth):
		return string(OpRecover)
	}
	return name
}

// TopicMatches reports whether an MQTT topic is one that a topic filter means.
func TopicMatches(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") != strings.HasPrefix(filter, "$") {
		return false // of the broker's own; wildcards don't mean them
	}
	for {
		if filter == "#" {
			return true
		}
		f, restF, moreF := strings.Cut(filter, "/")
		t, restT, moreT := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if !moreT {
			return !moreF || restF == "#"
		}
		if !moreF {
			return false
		}
		filter, topic = restF, restT
	}
}

// FilterCovers reports whether every topic that the filter need means is one that the filter grant means.
func FilterCovers(grant, need string) bool {
	for {
		if grant == "#" {
			return !strings.HasPrefix(need, "$")
		}
		g, restG, moreG := strings.Cut(grant, "/")
		n, restN, moreN := strings.Cut(need, "/")
		if n == "#" || g != "+" && g != n {
			return false
		}
		if !moreN {
			return !moreG || restG == "#"
		}
		if !moreG {
			return false
		}
		grant, need = restG, restN
		if grant == "#" {
			return true
		}
	}
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
