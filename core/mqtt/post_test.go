package mqtt

import (
	"testing"

	"edged/core/report"
)

func newPost() *post {
	return &post{news: make(chan struct{}, 1), inFlight: make(map[uint16]*parcel)}
}

func TestPostConfirmsWhenAllHasArrived(t *testing.T) {
	p := newPost()
	d := report.Delivery{Record: report.Gone{Service: "a"}}
	parcel := newParcel(d, make([]message, 2))
	first, second := p.stamp(parcel), p.stamp(parcel)
	if _, whole := p.acknowledged(second); whole {
		t.Error("one of two messages is the whole")
	}
	if _, whole := p.acknowledged(second); whole {
		t.Error("the same message counted twice")
	}
	got, whole := p.acknowledged(first)
	if !whole || got.Record != d.Record || !p.empty() {
		t.Errorf("delivery %v, whole %t, empty %t", got, whole, p.empty())
	}
}

func TestPostHasFewerIDsThanMessages(t *testing.T) {
	p := newPost()
	slow := p.stamp(newParcel(report.Delivery{}, make([]message, 1)))
	seen := 0
	for range 70_000 {
		id := p.stamp(newParcel(report.Delivery{}, make([]message, 1)))
		if id == slow || id == 0 {
			t.Fatalf("id %d given to two messages, or none", id)
		}
		p.acknowledged(id)
		seen++
	}
	if len(p.inFlight) != 1 || p.bytes != 0 {
		t.Errorf("%d on their way after %d, %d bytes", len(p.inFlight), seen, p.bytes)
	}
}

func TestPostHasRoomForSoMuch(t *testing.T) {
	p := newPost()
	large := newParcel(report.Delivery{}, []message{{payload: make([]byte, maxInFlightBytes)}})
	id := p.stamp(large)
	if p.room() {
		t.Error("room beside a message that fills it")
	}
	p.acknowledged(id)
	for range maxInFlight {
		if !p.room() {
			t.Fatal("no room for small messages")
		}
		p.stamp(newParcel(report.Delivery{}, make([]message, 1)))
	}
	if p.room() {
		t.Error("room for more messages than agreed")
	}
}
