package hooks

import (
	"reflect"
	"testing"
	"time"
)

func TestMergePrecedence(t *testing.T) {
	allow := Answer{Verdict: VerdictAllow, Reason: "fine"}
	deny := Answer{Verdict: VerdictDeny, Reason: "never"}
	deny2 := Answer{Verdict: VerdictDeny, Reason: "no"}
	short := Answer{Verdict: VerdictDefer, Reason: "soon", Delay: time.Minute}
	long := Answer{Verdict: VerdictDefer, Reason: "later", Delay: time.Hour}
	long2 := Answer{Verdict: VerdictDefer, Reason: "as late", Delay: time.Hour}
	image := Answer{Verdict: VerdictModify, Reason: "mirror", Patch: map[string]any{"image": "m/a", "attempts": 2.0}}
	tries := Answer{Verdict: VerdictModify, Patch: map[string]any{"attempts": 5.0}}
	none := Answer{}
	tests := map[string]struct {
		answers  []Answer
		fallback Verdict
		want     Decision
	}{
		"nobody":                    {nil, VerdictAllow, Decision{Verdict: VerdictAllow}},
		"nobody, default deny":      {nil, VerdictDeny, Decision{Verdict: VerdictDeny, Reason: "no script allows it and policy.default is deny"}},
		"no opinion, default deny":  {[]Answer{none}, VerdictDeny, Decision{Verdict: VerdictDeny, Reason: "no script allows it and policy.default is deny"}},
		"allow, default deny":       {[]Answer{none, allow}, VerdictDeny, Decision{Verdict: VerdictAllow, Reason: "fine"}},
		"modify, default deny":      {[]Answer{tries}, VerdictDeny, Decision{Verdict: VerdictAllow, Patch: map[string]any{"attempts": 5.0}}},
		"first reason":              {[]Answer{tries, allow, image}, VerdictAllow, Decision{Verdict: VerdictAllow, Reason: "fine", Patch: map[string]any{"image": "m/a", "attempts": 2.0}}},
		"later patch wins":          {[]Answer{image, tries}, VerdictAllow, Decision{Verdict: VerdictAllow, Reason: "mirror", Patch: map[string]any{"image": "m/a", "attempts": 5.0}}},
		"defer over allow":          {[]Answer{allow, short}, VerdictAllow, Decision{Verdict: VerdictDefer, Reason: "soon", Delay: time.Minute}},
		"defer before allow":        {[]Answer{short, allow}, VerdictAllow, Decision{Verdict: VerdictDefer, Reason: "soon", Delay: time.Minute}},
		"longest defer":             {[]Answer{short, long, short}, VerdictAllow, Decision{Verdict: VerdictDefer, Reason: "later", Delay: time.Hour}},
		"first of equal defers":     {[]Answer{long, long2}, VerdictAllow, Decision{Verdict: VerdictDefer, Reason: "later", Delay: time.Hour}},
		"deny over defer":           {[]Answer{long, deny}, VerdictAllow, Decision{Verdict: VerdictDeny, Reason: "never"}},
		"deny before defer":         {[]Answer{deny, long}, VerdictAllow, Decision{Verdict: VerdictDeny, Reason: "never"}},
		"deny before allow":         {[]Answer{deny, allow}, VerdictAllow, Decision{Verdict: VerdictDeny, Reason: "never"}},
		"first denial":              {[]Answer{deny, deny2}, VerdictAllow, Decision{Verdict: VerdictDeny, Reason: "never"}},
		"no patch without an allow": {[]Answer{image, deny}, VerdictAllow, Decision{Verdict: VerdictDeny, Reason: "never"}},
		"no patch with a defer":     {[]Answer{short, image}, VerdictAllow, Decision{Verdict: VerdictDefer, Reason: "soon", Delay: time.Minute}},
		"commands beside a denial":  {[]Answer{{Verdict: VerdictDeny, Reason: "no", Actions: []Action{{Op: OpCommand, Target: "c"}}}}, VerdictAllow, Decision{Verdict: VerdictDeny, Reason: "no", Actions: []Action{{Op: OpCommand, Target: "c"}}}},
		"audit counts for nothing": {
			[]Answer{{Verdict: VerdictDeny, Audit: true, Actions: []Action{{Op: OpStart}}}, {Verdict: VerdictError, Audit: true}, tries}, VerdictDeny,
			Decision{Verdict: VerdictAllow, Patch: map[string]any{"attempts": 5.0}},
		},
		"actions": {
			[]Answer{{Verdict: VerdictAction, Actions: []Action{{Op: OpStart}}}, none, {Verdict: VerdictAction, Actions: []Action{{Op: OpStop}}}},
			VerdictAllow, Decision{Verdict: VerdictAllow, Actions: []Action{{Op: OpStart}, {Op: OpStop}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Answers = tt.answers
			if got := Merge(Event{Phase: Before, Op: "update"}, tt.answers, tt.fallback); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestMergeFailure(t *testing.T) {
	fails := Answer{Script: "10-a.lua", Line: 3, Verdict: VerdictError, Reason: "boom"}
	const why = "10-a.lua:3 failed: boom"
	held := Decision{Verdict: VerdictDefer, Reason: why, Delay: HoldDelay}
	yes := Decision{Verdict: VerdictAllow, Reason: why}
	tests := map[string]struct {
		event    Event
		others   []Answer
		fallback Verdict
		want     Decision
	}{
		"update":                  {Event{Phase: Before, Op: "update"}, nil, VerdictAllow, held},
		"update, allowed":         {Event{Phase: Before, Op: "update"}, []Answer{{Verdict: VerdictAllow}}, VerdictAllow, held},
		"update, denied":          {Event{Phase: Before, Op: "update"}, []Answer{{Verdict: VerdictDeny, Reason: "no"}}, VerdictAllow, Decision{Verdict: VerdictDeny, Reason: "no"}},
		"update, deferred longer": {Event{Phase: Before, Op: "update"}, []Answer{{Verdict: VerdictDefer, Delay: time.Hour}}, VerdictAllow, Decision{Verdict: VerdictDefer, Delay: time.Hour}},
		"last hold":               {Event{Phase: Before, Op: "update", Holds: HoldAttempts - 1}, nil, VerdictAllow, held},
		"holds used up":           {Event{Phase: Before, Op: "update", Holds: HoldAttempts}, nil, VerdictAllow, Decision{Verdict: VerdictDeny, Reason: why}},
		"unknown op":              {Event{Phase: Before, Op: "command"}, nil, VerdictAllow, held},
		"start":                   {Event{Phase: Before, Op: "start"}, nil, VerdictAllow, yes},
		"start, default deny":     {Event{Phase: Before, Op: "start"}, nil, VerdictDeny, yes},
		"start, denied":           {Event{Phase: Before, Op: "start"}, []Answer{{Verdict: VerdictDeny, Reason: "no"}}, VerdictAllow, Decision{Verdict: VerdictDeny, Reason: "no"}},
		"restart":                 {Event{Phase: Before, Op: "restart"}, nil, VerdictAllow, yes},
		"recover":                 {Event{Phase: Before, Op: "recover", Trigger: TriggerPolicy}, nil, VerdictAllow, yes},
		"stop by a person":        {Event{Phase: Before, Op: "stop", Trigger: TriggerCommand}, nil, VerdictAllow, yes},
		"stop by a policy":        {Event{Phase: Before, Op: "stop", Trigger: TriggerPolicy}, nil, VerdictAllow, held},
		"afterwards":              {Event{Phase: After, Op: "update"}, nil, VerdictAllow, yes},
		"notice":                  {Event{Phase: On, Op: "health"}, nil, VerdictAllow, yes},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, order := range [][]Answer{append([]Answer{fails}, tt.others...), append(tt.others, fails)} {
				want := tt.want
				want.Answers, want.Failed = order, true
				if got := Merge(tt.event, order, tt.fallback); !reflect.DeepEqual(got, want) {
					t.Errorf("got  %+v\nwant %+v", got, want)
				}
			}
		})
	}
}

func TestHoldsOnFailure(t *testing.T) {
	holds := map[Op]bool{
		OpPull: true, OpCreate: true, OpUpdate: true, OpRollback: true, OpRemove: true, OpPrune: true, OpCommand: true,
		OpStart: false, OpStop: false, OpRestart: false, OpRecover: false,
	}
	for _, op := range Ops() {
		want, ok := holds[op]
		if !ok {
			t.Errorf("%s: nobody has said whether it holds", op)
		}
		if got := HoldsOnFailure(op, false); got != want {
			t.Errorf("%s by a person: holds %v, want %v", op, got, want)
		}
		if got := HoldsOnFailure(op, true); got != (want || op == OpStop) {
			t.Errorf("%s by a policy: holds %v", op, got)
		}
	}
}
