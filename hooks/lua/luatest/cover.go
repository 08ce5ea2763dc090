package luatest

import (
	"slices"
	"sort"
	"strings"

	"edged/hooks/lua/vm"
)

// Coverage says what of a script the tests have reached.
type Coverage struct {
	File    string `json:"file"`   // name of the script
	Lines   int    `json:"lines"`  // on which a statement begins
	Ran     int    `json:"ran"`    // of these, those of which every statement ran
	Missed  []int  `json:"missed"` // the others
	Answers []Site `json:"answers"`
}

// Site is a place where a script answers.
type Site struct {
	Line   int    `json:"line"`
	Answer string `json:"answer"` // such as edged.deny
	Given  bool   `json:"given"`  // whether a test had it given
}

// Given counts the answers that were given.
func (c Coverage) Given() int {
	n := 0
	for _, s := range c.Answers {
		if s.Given {
			n++
		}
	}
	return n
}

// A cover counts which statements ran, by script.
type cover map[string]*covered

type covered struct {
	points []vm.Point
	ran    []bool
}

// of is what loading needs to note which statements run; nil if nobody asks.
func (c cover) of() func(script string, points []vm.Point, point int) {
	if c == nil {
		return nil
	}
	return c.note
}

// note is told a statement before it runs.
func (c cover) note(script string, points []vm.Point, point int) {
	s := c[script]
	if s == nil {
		s = &covered{points: points, ran: make([]bool, len(points))}
		c[script] = s
	}
	s.ran[point] = true
}

func (c cover) report() []Coverage {
	var all []Coverage
	for name, s := range c {
		all = append(all, s.report(name))
	}
	sort.Slice(all, func(i, j int) bool { return all[i].File < all[j].File })
	return all
}

func (s *covered) report(name string) Coverage {
	c := Coverage{File: name}
	whole := map[int]bool{}
	for i, p := range s.points {
		before, known := whole[p.Line]
		whole[p.Line] = s.ran[i] && (before || !known)
		if strings.HasPrefix(p.Answer, "edged.") {
			c.Answers = append(c.Answers, Site{p.Line, p.Answer, s.ran[i]})
		}
	}
	for line, ran := range whole {
		c.Lines++
		if ran {
			c.Ran++
		} else {
			c.Missed = append(c.Missed, line)
		}
	}
	slices.Sort(c.Missed)
	return c
}
