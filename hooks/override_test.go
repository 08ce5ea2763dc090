package hooks

import (
	"reflect"
	"testing"
	"time"
)

func TestOverridden(t *testing.T) {
	deferred := Decision{Verdict: VerdictDefer, Reason: "at night", Delay: time.Hour, Answers: []Answer{{Line: 1}}}
	then := deferred.Overridden("cli", "urgent: a leak")
	want := Decision{
		Verdict: VerdictAllow, Reason: "overridden by cli: urgent: a leak (it was: defer, at night)",
		Override: "urgent: a leak", Answers: deferred.Answers,
	}
	if !reflect.DeepEqual(then, want) {
		t.Errorf("got  %+v\nwant %+v", then, want)
	}
	if again := deferred.OverriddenAs(then); !reflect.DeepEqual(again, then) {
		t.Errorf("again: %+v", again)
	}
	if again := deferred.OverriddenAs(deferred); !reflect.DeepEqual(again, deferred) {
		t.Errorf("nobody has overridden %+v", again)
	}
	allowed := Decision{Verdict: VerdictAllow}
	if again := allowed.OverriddenAs(then); !reflect.DeepEqual(again, allowed) {
		t.Errorf("there is nothing to override in %+v", again)
	}
}
