package vm

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

const covered = `local function f(x)
  if x > 3 then return edged.deny("no")
  elseif x > 2 then
    for i = 1, 3 do local t = { g = function() return i end } t.g() end
  else
    repeat x = x + 1 until x > 1
  end
  while true do break end
  return x
end
return `

// covering runs a program and returns the lines of which every statement ran.
func covering(t *testing.T, c *Chunk) (lines []int, units int) {
	t.Helper()
	v := New(unhurried, NewEnv(nil))
	defer v.Close()
	ran := map[int]bool{}
	v.Cover = func(_ *Chunk, point int) { ran[point] = true }
	if err := v.Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	missed := map[int]bool{}
	for i, p := range c.Points() {
		missed[p.Line] = missed[p.Line] || !ran[i]
	}
	for line, some := range missed {
		if !some {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines, v.Units()
}

func TestCover(t *testing.T) {
	for call, want := range map[string][]int{
		"f(1)": {1, 3, 6, 8, 9, 11},
		"f(3)": {1, 3, 4, 8, 9, 11},
	} {
		source := covered + call
		c, err := CompileCover("p", source)
		if err != nil {
			t.Fatal(err)
		}
		lines, units := covering(t, c)
		if !slices.Equal(lines, want) {
			t.Errorf("%s: lines %v, want %v", call, lines, want)
		}
		plain := compiled(t, source)
		if _, want := covering(t, plain); units > want+2 || units < want/2 {
			t.Errorf("%s: %d units with cover, %d without", call, units, want)
		}
	}
}

func TestCoverNamesAnswers(t *testing.T) {
	c, err := CompileCover("p", covered+"f(1)")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(c.Points(), func(p Point) bool { return p.Answer != "" })
	if i < 0 || c.Points()[i] != (Point{Line: 2, Answer: "edged.deny"}) {
		t.Errorf("points = %+v", c.Points())
	}
}

// TestCoverChangesNothing runs random programs with and without.
func TestCoverChangesNothing(t *testing.T) {
	r := newRunner(t)
	for seed := range uint64(60) {
		source := generate(seed)
		plain, plainErr := Compile("p", source)
		covered, err := CompileCover("p", source)
		if (err == nil) != (plainErr == nil) {
			t.Fatalf("seed %d: %v with cover, %v without", seed, err, plainErr)
		}
		if err != nil {
			continue
		}
		if got, want := shown(t, r, covered), shown(t, r, plain); got != want {
			t.Errorf("seed %d: with cover\n%s\nwithout\n%s", seed, got, want)
		}
	}
}

// shown is what a program shows.
func shown(t *testing.T, r *runner, c *Chunk) string {
	t.Helper()
	r.out.Reset()
	v := New(Limits{Units: 100_000_000, Time: time.Minute}, r.env)
	defer v.Close()
	if err := v.Run(context.Background(), r.before); err != nil {
		t.Fatal(err)
	}
	err := v.Run(context.Background(), c)
	return fmt.Sprintln(r.out, err)
}
