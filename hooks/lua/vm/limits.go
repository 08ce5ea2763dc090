package vm

import "time"

// Limits bound what a program can use up. The zero value of a field means the
// default.
type Limits struct {
	Units  int           // work: one for each instruction, more for long library calls
	Time   time.Duration // wall-clock time for one [VM.Run] or [VM.Call]
	Memory int           // bytes by which the live heap of the process may grow
	String int           // bytes of the longest string that a program may make
	Frames int           // calls within calls
}

// DefaultLimits returns what an unset field of [Limits] means.
func DefaultLimits() Limits {
	return Limits{
		Units:  500_000,
		Time:   250 * time.Millisecond,
		Memory: 8 << (20 + wide),
		String: 256 << 10,
		Frames: 192,
	}
}

// wide is 1 where values take twice the memory: on 64-bit machines.
const wide = int(^uint(0) >> 63)

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	return Limits{
		Units:  positiveOr(l.Units, d.Units),
		Time:   positiveOr(l.Time, d.Time),
		Memory: positiveOr(l.Memory, d.Memory),
		String: positiveOr(l.String, d.String),
		Frames: positiveOr(l.Frames, d.Frames),
	}
}

func positiveOr[T int | time.Duration](v, fallback T) T {
	if v > 0 {
		return v
	}
	return fallback
}
