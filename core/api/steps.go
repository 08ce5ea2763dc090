package api

import "edged/core/request"

// stepsKept is how many steps wait for a client that reads slowly.
const stepsKept = 64

// steps takes progress from the backend without ever making it wait.
type steps struct{ c chan request.Progress }

func newSteps() *steps { return &steps{c: make(chan request.Progress, stepsKept)} }

// put adds a step, in the place of the oldest if there is no room.
func (s *steps) put(p request.Progress) {
	for {
		select {
		case s.c <- p:
			return
		default:
		}
		select {
		case <-s.c:
		default:
		}
	}
}
