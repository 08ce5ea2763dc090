package luatest

import "time"

// Report is what came of a run.
type Report struct {
	Tests    []Result   `json:"tests"`              // in the order of the files and of their lines
	Coverage []Coverage `json:"coverage,omitempty"` // of the scripts, in the order of their names
}

// Result is what came of one test.
type Result struct {
	File    string        `json:"file"` // path of the test file
	Name    string        `json:"name"` // such as test_foreign_registry
	Line    int           `json:"line"` // where it is defined, from 1
	Units   int           `json:"units"`
	Took    time.Duration `json:"took"`
	Failure *Failure      `json:"failure,omitempty"` // nil: passed
}

// Failure says why a test failed.
type Failure struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // from 1
	Message string `json:"message"`
}

// Failed counts the tests that failed.
func (r Report) Failed() int {
	n := 0
	for _, t := range r.Tests {
		if t.Failure != nil {
			n++
		}
	}
	return n
}

// Units is the work that the hooks did in all tests. It is the same in each run.
func (r Report) Units() int {
	n := 0
	for _, t := range r.Tests {
		n += t.Units
	}
	return n
}
