package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

const patience = 30 * time.Second

// change is a service's health as it reached a subscriber.
type change struct {
	service, status string
	at              time.Time
}

// broker collects the health of all services with the times of arrival.
type broker struct {
	client mqtt.Client

	mu      sync.Mutex
	changes []change
	news    chan struct{} // closed and renewed at each change
}

func subscribe(url string) (*broker, error) {
	b := &broker{news: make(chan struct{})}
	options := mqtt.NewClientOptions().AddBroker(strings.Replace(url, "mqtt://", "tcp://", 1)).SetClientID("edged-bench")
	b.client = mqtt.NewClient(options)
	if token := b.client.Connect(); token.Wait() && token.Error() != nil {
		return nil, fmt.Errorf("connect to broker: %w", token.Error())
	}
	token := b.client.Subscribe("te/device/main/service/+/status/health", 0, b.receive)
	token.Wait()
	return b, token.Error()
}

func (b *broker) receive(_ mqtt.Client, m mqtt.Message) {
	now := time.Now()
	var health struct{ Status string }
	if json.Unmarshal(m.Payload(), &health) != nil {
		return // the empty payload of a removal
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	service := strings.Split(m.Topic(), "/")[4]
	b.changes = append(b.changes, change{service, health.Status, now})
	close(b.news)
	b.news = make(chan struct{})
}

// now is the position behind all changes so far.
func (b *broker) now() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.changes)
}

// wait returns when service got status, at or behind position from.
func (b *broker) wait(ctx context.Context, from int, service, status string) (time.Time, error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		b.mu.Lock()
		changes, news := b.changes, b.news
		b.mu.Unlock()
		for ; from < len(changes); from++ {
			if c := changes[from]; c.service == service && c.status == status {
				return c.at, nil
			}
		}
		select {
		case <-news:
		case <-timeout.C:
			return time.Time{}, fmt.Errorf("%s did not become %s within %s", service, status, patience)
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

// newest is the last status of a service.
func (b *broker) newest(service string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.changes) - 1; i >= 0; i-- {
		if c := b.changes[i]; c.service == service {
			return c.status
		}
	}
	return ""
}

func (b *broker) close() { b.client.Disconnect(100) }
