package mqtt

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"edged/core/report"
	"edged/test/lab"
)

// storm puts more than may be on its way at a time.
func storm(put func(report.Record)) {
	for i := range 800 {
		put(report.Event{Type: fmt.Sprint("storm", i), Text: strings.Repeat("x", 400)})
	}
}

// A broker that takes nothing more keeps neither those who report waiting nor, for long, the end.
func TestSessionEndsInTimeWhenNobodyReads(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.accept(t)
		r.until(t, own+"/status/health")
		begin := time.Now()
		storm(r.out.Put)
		synctest.Wait()
		if took := time.Since(begin); took != 0 {
			t.Errorf("the outbox made its users wait for %s", took)
		}
		begin = time.Now()
		r.stop()
		err := <-r.done
		r.done <- err
		if took := time.Since(begin); took < farewellTimeout || took > farewellTimeout+handOver || err == nil {
			t.Errorf("ended after %s with %v", took, err)
		}
	})
}

func TestSessionGivesUpWhenNobodyReads(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.accept(t)
		r.until(t, own+"/status/health")
		begin := time.Now()
		storm(r.out.Put)
		r.accept(t)
		if took := time.Since(begin); took < writeTimeout || took > writeTimeout+2*handOver {
			t.Errorf("gave up after %s", took)
		}
		r.until(t, own+"/e/storm799")
		synctest.Wait()
		if left := r.out.Stats().Backlog; left != 0 {
			t.Errorf("%d events were not confirmed", left)
		}
	})
}

func TestSessionBreaksInAStorm(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.accept(t)
		storm(r.out.Put)
		r.until(t, own+"/e/storm100")
		r.conn.Close()
		begin := time.Now()
		r.accept(t)
		if took := time.Since(begin); took > 2*handOver {
			t.Errorf("came back after %s", took)
		}
		r.until(t, own+"/status/health") // of edged itself; then what was not confirmed
		if first := r.next(t); first.TopicName != own+"/e/storm100" && first.TopicName != own+"/e/storm101" {
			t.Errorf("went on with %s", first.TopicName)
		}
		r.until(t, own+"/e/storm799")
	})
}

// So much is on its way, and no more.
func TestSessionBoundsWhatIsOnItsWay(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.accept(t)
		r.until(t, own+"/status/health")
		r.mute = true
		large := strings.Repeat("x", 100<<10)
		for i := range 4 {
			r.out.Put(report.Event{Type: fmt.Sprint("large", i), Text: large})
		}
		first := r.until(t, own+"/e/large0")
		second := r.until(t, own+"/e/large1")
		r.conn.SetReadDeadline(time.Now().Add(time.Second))
		if p, err := packets.ReadPacket(r.conn); err == nil {
			t.Errorf("%T was sent beside as much as may be on its way", p)
		}
		r.conn.SetReadDeadline(time.Time{})
		r.acknowledge(t, first.MessageID)
		r.until(t, own+"/e/large2")
		r.acknowledge(t, second.MessageID)
		r.until(t, own+"/e/large3")
	})
}

func TestMosquittoBreaksInAStorm(t *testing.T) {
	m := mosquitto(t, lab.MosquittoOptions{})
	before := runtime.NumGoroutine()
	e := run(t, Config{URLs: []string{m.URL()}, KeepAlive: time.Second})
	for range 5 {
		waitFor(t, func() bool { return len(e.all())%2 == 1 })
		storm(e.Put)
		m.Kill()
		storm(e.Put)
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, func() bool { return e.Stats().Backlog == 0 })
	if err := e.stop(); err != nil {
		t.Error(err)
	}
	waitFor(t, func() bool { return runtime.NumGoroutine() <= before })
}
