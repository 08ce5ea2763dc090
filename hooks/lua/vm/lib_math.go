package vm

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"
)

func mathLibrary() map[string]lua.LValue {
	fields := functions(map[string]lua.LGFunction{
		"abs": math1(math.Abs), "acos": math1(math.Acos), "asin": math1(math.Asin), "atan": math1(math.Atan),
		"ceil": math1(math.Ceil), "cos": math1(math.Cos), "cosh": math1(math.Cosh), "exp": math1(math.Exp),
		"floor": math1(math.Floor), "log": math1(math.Log), "log10": math1(math.Log10), "sin": math1(math.Sin),
		"sinh": math1(math.Sinh), "sqrt": math1(math.Sqrt), "tan": math1(math.Tan), "tanh": math1(math.Tanh),
		"deg":   math1(func(x float64) float64 { return x / (math.Pi / 180) }),
		"rad":   math1(func(x float64) float64 { return x * (math.Pi / 180) }),
		"atan2": math2(math.Atan2), "fmod": math2(math.Mod), "pow": math2(math.Pow),
		"frexp": mathFrexp, "ldexp": mathLdexp, "modf": mathModf, "max": mathMax, "min": mathMin,
		"random": mathRandom, "randomseed": mathRandomSeed,
	})
	fields["pi"] = lua.LNumber(math.Pi)
	fields["huge"] = lua.LNumber(math.Inf(1))
	return fields
}

func math1(f func(float64) float64) lua.LGFunction {
	return func(l *lua.LState) int {
		l.Push(lua.LNumber(f(NumberArg(l, 1))))
		return 1
	}
}

func math2(f func(x, y float64) float64) lua.LGFunction {
	return func(l *lua.LState) int {
		l.Push(lua.LNumber(f(NumberArg(l, 1), NumberArg(l, 2))))
		return 1
	}
}

func mathFrexp(l *lua.LState) int {
	m, e := math.Frexp(NumberArg(l, 1))
	l.Push(lua.LNumber(m))
	l.Push(lua.LNumber(e))
	return 2
}

func mathLdexp(l *lua.LState) int {
	l.Push(lua.LNumber(math.Ldexp(NumberArg(l, 1), IntArg(l, 2))))
	return 1
}

func mathModf(l *lua.LState) int {
	f := NumberArg(l, 1)
	whole := math.Trunc(f)
	fraction := f - whole
	if math.IsInf(f, 0) {
		fraction = 0
	}
	l.Push(lua.LNumber(whole))
	l.Push(lua.LNumber(fraction))
	return 2
}

func mathMax(l *lua.LState) int {
	most := NumberArg(l, 1)
	for i := 2; i <= l.GetTop(); i++ {
		if n := NumberArg(l, i); n > most {
			most = n
		}
	}
	l.Push(lua.LNumber(most))
	return 1
}

func mathMin(l *lua.LState) int {
	least := NumberArg(l, 1)
	for i := 2; i <= l.GetTop(); i++ {
		if n := NumberArg(l, i); n < least {
			least = n
		}
	}
	l.Push(lua.LNumber(least))
	return 1
}

// A random is the source of math.random: one for each machine, and the same
// numbers each time, so that what a program does can be repeated.
type random struct{ source *rand.Rand }

func (r *random) seed(n uint64) { r.source = rand.New(rand.NewPCG(n, n)) } //nolint:gosec // not for secrets

func (r *random) float() float64 {
	if r.source == nil {
		r.seed(0)
	}
	return r.source.Float64()
}

func mathRandom(l *lua.LState) int {
	f := Of(l).random.float()
	low, high := 1.0, 0.0
	switch l.GetTop() {
	case 0:
		l.Push(lua.LNumber(f))
		return 1
	case 1:
		high = math.Floor(NumberArg(l, 1))
	default:
		low, high = math.Floor(NumberArg(l, 1)), math.Floor(NumberArg(l, 2))
	}
	if !(low <= high) {
		BadArg(l, l.GetTop(), "interval is empty")
	}
	l.Push(lua.LNumber(math.Floor(f*(high-low+1)) + low))
	return 1
}

func mathRandomSeed(l *lua.LState) int {
	Of(l).random.seed(math.Float64bits(NumberArg(l, 1)))
	return 0
}
