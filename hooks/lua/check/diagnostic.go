package check

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // the file can't be loaded, or a hook fails
	Warning Severity = "warning" // it most likely does not do what was meant
	Note    Severity = "note"    // it rests on something that other Luas do otherwise
)

// Diagnostic is one finding.
type Diagnostic struct {
	File     string   `json:"file"`   // path, as it was given
	Line     int      `json:"line"`   // from 1
	Column   int      `json:"column"` // from 1, in bytes
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"` // such as unknown-name
	Message  string   `json:"message"`
}

// String is the form that editors and terminals make a link of.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", d.File, d.Line, d.Column, d.Severity, d.Message)
}

// sorted orders findings by place, and drops those that are said twice.
func sorted(list []Diagnostic) []Diagnostic {
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) < 0
	})
	return slices.CompactFunc(list, func(a, b Diagnostic) bool {
		return a.File == b.File && a.Line == b.Line && a.Message == b.Message
	})
}

// Worst is the gravest severity of a list, empty for none.
func Worst(list []Diagnostic) Severity {
	worst := Severity("")
	for _, d := range list {
		switch {
		case d.Severity == Error:
			return Error
		case d.Severity == Warning, worst == "":
			worst = d.Severity
		}
	}
	return worst
}
