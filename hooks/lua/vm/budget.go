package vm

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"
)

// A budget is the context of a running machine. gopher-lua asks Done before
// every instruction, which makes it the place to count them. It is read by one
// goroutine at a time.
type budget struct {
	ctx    context.Context //nolint:containedctx // it stands in for this one
	limits Limits
	start  time.Time
	units  int // used
	next   int // look at clock and heap when units reach this
	err    error
	vm     *VM

	heapBase uint64
	heapAt   time.Duration // when the heap is looked at again, since start
	heap     [1]metrics.Sample
}

const (
	unitsPerLook = 32                     // as one unit can take 0.3 ms, looks must be frequent
	heapEvery    = 200 * time.Microsecond // a look at the heap takes about one
)

func newBudget(v *VM, limits Limits) *budget {
	b := &budget{ctx: nil, limits: limits, vm: v}
	b.heap[0].Name = "/memory/classes/heap/objects:bytes"
	return b
}

// reset starts counting anew.
func (b *budget) reset(ctx context.Context) {
	b.ctx, b.start, b.err = ctx, time.Now(), nil
	b.units, b.next = 0, unitsPerLook
	b.heapBase, b.heapAt = 0, 0
}

// Done counts one instruction. The channel is nil, and so never ready, while
// there is budget left.
func (b *budget) Done() <-chan struct{} {
	b.units++
	if b.units < b.next {
		return nil
	}
	if b.look() == nil {
		return nil
	}
	over := make(chan struct{})
	close(over)
	return over
}

// Err says what was used up.
func (b *budget) Err() error { return b.err }

// Deadline implements [context.Context].
func (b *budget) Deadline() (time.Time, bool) { return b.start.Add(b.limits.Time), true }

// Value implements [context.Context].
func (b *budget) Value(key any) any { return b.ctx.Value(key) }

// charge counts n units for work that is not instructions.
func (b *budget) charge(n int) error {
	b.units += n
	if b.units < b.next {
		return nil
	}
	return b.look()
}

// look decides whether the program may go on.
func (b *budget) look() error {
	if b.err != nil {
		return b.err
	}
	b.next = b.units + unitsPerLook
	spent := time.Since(b.start)
	switch {
	case b.units > b.limits.Units:
		b.err = &Exhausted{What: "units", Limit: fmt.Sprint(b.limits.Units)}
	case spent > b.limits.Time:
		b.err = &Exhausted{What: "time", Limit: b.limits.Time.String()}
	case spent >= b.heapAt:
		b.heapAt = spent + heapEvery
		b.err = b.lookAtHeap()
	}
	return b.err
}

// lookAtHeap compares the heap with what it was at the first look. The number
// covers the whole process and includes garbage, so before a program is blamed
// the garbage is taken away.
func (b *budget) lookAtHeap() error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	size := b.heapSize()
	if b.heapBase == 0 {
		b.heapBase = size
	}
	allowed := b.heapBase + uint64(b.limits.Memory)
	if size <= allowed {
		return nil
	}
	runtime.GC()
	if b.heapSize() <= allowed {
		return nil
	}
	return &Exhausted{What: "memory", Limit: fmt.Sprintf("%d KiB", b.limits.Memory>>10)}
}

func (b *budget) heapSize() uint64 {
	metrics.Read(b.heap[:])
	return b.heap[0].Value.Uint64()
}
