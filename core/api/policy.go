package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"edged/core/request"
	"edged/hooks"
)

// ErrRejected says that scripts can't be loaded; it goes with what is wrong.
var ErrRejected = errors.New("the policy scripts are not put into force")

// PolicyBackend is what a [Backend] does about policy scripts.
type PolicyBackend interface {
	// Policy is what is in force.
	Policy() Policy
	// ReloadPolicy loads the scripts on the disk. ErrRejected: those in force stay so.
	ReloadPolicy() error
	// Wake has scripts asked at once about the request of that id, or about all that are put off if it is empty, and
	// returns how many these are. ErrNotFound: none of that id is put off.
	Wake(id string) (int, error)
	// OverridePolicy lets what people ask for a container or an image through for a while.
	OverridePolicy(o Override) Override
	// Decisions are the newest decisions, the oldest first, at most limit if that is above 0.
	Decisions(limit int) []Decision
	// Decision is one of them in full, a [hooks.Record]. ErrNotFound: it is not kept any more, or never was.
	Decision(id string) (json.RawMessage, error)
}

// Policy is the policy in force.
type Policy struct {
	Revision  string         `json:"revision"` // changes when any of the files does; empty without scripts
	From      string         `json:"from"`     // files, last good, or none: then every change is held
	Since     time.Time      `json:"since"`
	Default   hooks.Verdict  `json:"default"` // without any opinion
	Scripts   []PolicyScript `json:"scripts"`
	Rejected  *PolicyProblem `json:"rejected,omitempty"` // the newest files, if they can't be loaded
	Overrides []Override     `json:"overrides,omitempty"`
	Deferred  []Running      `json:"deferred,omitempty"` // what scripts have put off
}

// PolicyScript is one script in force.
type PolicyScript struct {
	hooks.Script
	Failures int    `json:"failures,omitempty"` // in a row, up to now
	Aside    string `json:"aside,omitempty"`    // why it is not asked any more
}

// PolicyProblem says why scripts are not in force.
type PolicyProblem struct {
	Revision string         `json:"revision,omitempty"`
	At       time.Time      `json:"at"`
	Problems hooks.Problems `json:"problems"`
}

// Override lets what people ask for through, whatever scripts say.
type Override struct {
	Name   string           `json:"name"`            // of a container, or the reference of an image
	For    request.Duration `json:"for,omitempty"`   // how long
	Until  time.Time        `json:"until,omitzero"`  // set by the daemon
	Reason string           `json:"reason"`          //
	Actor  string           `json:"actor,omitempty"` // set by the daemon
}

// Decision is a decision of the scripts in short.
type Decision struct {
	ID        string        `json:"id"`
	Time      time.Time     `json:"time"`
	Event     string        `json:"event"`
	Phase     hooks.Phase   `json:"phase"`
	Op        string        `json:"op"`
	Container string        `json:"container,omitempty"`
	Verdict   hooks.Verdict `json:"verdict"`
	Reason    string        `json:"reason,omitempty"`
	Failed    bool          `json:"failed,omitempty"`
	Override  string        `json:"override,omitempty"`
}

// Woken says how many requests that were put off are asked about now.
type Woken struct {
	Requests int `json:"requests"`
}

// longestOverride bounds an override: who needs more than a day changes the scripts.
const longestOverride = 24 * time.Hour

func (s *Server) getPolicy(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.backend.Policy())
}

func (s *Server) postReload(w http.ResponseWriter, r *http.Request) {
	if err := s.backend.ReloadPolicy(); err != nil {
		writeError(w, statusOf(err), err)
		return
	}
	s.getPolicy(w, r)
}

func (s *Server) postWake(w http.ResponseWriter, r *http.Request) {
	n, err := s.backend.Wake(r.URL.Query().Get("id"))
	if err != nil {
		writeError(w, statusOf(err), err)
		return
	}
	writeJSON(w, http.StatusOK, Woken{n})
}

func (s *Server) postOverride(w http.ResponseWriter, r *http.Request) {
	var o Override
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMax))
	d.DisallowUnknownFields()
	err := d.Decode(&o)
	switch span := time.Duration(o.For); {
	case err != nil:
	case o.Name == "":
		err = errors.New("override: field name is missing")
	case o.Reason == "":
		err = errors.New("override: field reason is missing")
	case span <= 0 || span > longestOverride:
		err = errors.New("override: field for: want more than 0s and at most 24h")
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	o.Actor = request.ActorCLI
	writeJSON(w, http.StatusOK, s.backend.OverridePolicy(o))
}

func (s *Server) getDecisions(w http.ResponseWriter, r *http.Request) {
	limit := 0
	if text := r.URL.Query().Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil {
			writeError(w, http.StatusBadRequest, errors.New("decisions: limit: want a whole number"))
			return
		}
	}
	writeJSON(w, http.StatusOK, s.backend.Decisions(limit))
}

func (s *Server) getDecision(w http.ResponseWriter, r *http.Request) {
	record, err := s.backend.Decision(r.PathValue("id"))
	if err != nil {
		writeError(w, statusOf(err), err)
		return
	}
	writeJSON(w, http.StatusOK, record)
}
