package mqtt

import (
	"context"
	"slices"
	"strings"

	paho "github.com/eclipse/paho.mqtt.golang"

	"edged/hooks"
)

// maxListen is how many subscriptions are made for scripts; each costs the broker.
const maxListen = 64

// Relisten is called when [Config.Listen] may return other filters.
func (c *Client) Relisten() { poke(c.relisten) }

// listen keeps the subscriptions to what scripts listen to, until the session ends.
func (s *session) listen() {
	select {
	case <-s.greeted:
	case <-s.alive.Done():
	}
	held := map[string]bool{}
	for s.alive.Err() == nil {
		if err := s.subscribe(held); err != nil {
			return // the connection has ended, which others say
		}
		select {
		case <-s.relisten:
		case <-s.alive.Done():
		}
	}
}

// subscribe makes held what is to be listened to. A new subscription has the broker
// send what it has kept on these topics.
func (s *session) subscribe(held map[string]bool) error {
	wanted := s.wanted()
	for filter := range held {
		if slices.Contains(wanted, filter) {
			continue
		}
		delete(held, filter)
		if _, err := s.settled(func() paho.Token { return s.client.Unsubscribe(filter) }); err != nil {
			return err
		}
	}
	for _, filter := range wanted {
		if held[filter] {
			continue
		}
		held[filter] = true
		token, err := s.settled(func() paho.Token { return s.client.Subscribe(filter, 1, nil) })
		if err != nil {
			return err
		}
		if token.(*paho.SubscribeToken).Result()[filter] == refusedSubscription {
			s.log.Error("the broker refuses a subscription for scripts", "topic", filter)
		}
	}
	return nil
}

// settled hands something over and waits until the broker has acknowledged it. One
// after the other: no answer may be longer than what was asked, see maxAnswer.
func (s *session) settled(over func() paho.Token) (paho.Token, error) {
	token, err := s.hand(over)
	if err != nil {
		return nil, err
	}
	select {
	case <-token.Done():
		return token, token.Error()
	case <-s.alive.Done():
		return nil, context.Cause(s.alive)
	}
}

// wanted are the filters to subscribe to for scripts: no more than is needed, since a
// broker may send a message once for each subscription that means it. What would have
// edged's commands sent twice is left out.
func (s *session) wanted() (filters []string) {
	commands := s.topics.commands()
	for _, filter := range slices.Compact(slices.Sorted(slices.Values(s.listening()))) {
		switch {
		case s.comesAnyway(filter):
		case overlap(filter, commands):
			s.log.Error("scripts don't hear of a topic: it means commands to edged as well", "topic", filter)
		default:
			filters = append(filters, filter)
		}
	}
	all := slices.Clone(filters)
	filters = slices.DeleteFunc(filters, func(f string) bool {
		return slices.ContainsFunc(all, func(other string) bool { return other != f && hooks.FilterCovers(other, f) })
	})
	if len(filters) > maxListen {
		s.log.Error("scripts listen to too many topics", "most", maxListen, "left_out", strings.Join(filters[maxListen:], " "))
		filters = filters[:maxListen]
	}
	return filters
}

func (s *session) comesAnyway(filter string) bool {
	return slices.ContainsFunc(s.topics.filters(), func(filters map[string]byte) bool {
		for own := range filters {
			if hooks.FilterCovers(own, filter) {
				return true
			}
		}
		return false
	})
}

// listening are the filters that scripts have.
func (s *session) listening() []string {
	if s.inbox.listen == nil {
		return nil
	}
	return s.inbox.listen()
}

// overlap reports whether there are topics that both filters mean.
func overlap(a, b string) bool {
	for {
		if a == "#" || b == "#" {
			return true
		}
		partA, restA, moreA := strings.Cut(a, "/")
		partB, restB, moreB := strings.Cut(b, "/")
		if partA != partB && partA != "+" && partB != "+" {
			return false
		}
		if !moreA || !moreB {
			return moreA == moreB || restA == "#" || restB == "#"
		}
		a, b = restA, restB
	}
}
