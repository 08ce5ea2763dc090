package lua

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// A version is one of semver.org.
type version struct {
	parts [3]int
	given int      // how many parts were written
	pre   []string // pre-release identifiers
}

const maxVersionText = 256

// parseVersion reads [v]MAJOR[.MINOR[.PATCH]][-PRE][+BUILD].
func parseVersion(text string) (version, error) {
	bad := fmt.Errorf("'%.64s' is no version", text)
	s, _, _ := strings.Cut(strings.TrimPrefix(text, "v"), "+")
	core, pre, hasPre := strings.Cut(s, "-")
	var v version
	if len(text) > maxVersionText || strings.Count(core, ".") > 2 {
		return v, bad
	}
	for p := range strings.SplitSeq(core, ".") {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil || len(p) > 1 && p[0] == '0' {
			return v, bad
		}
		v.parts[v.given] = int(n)
		v.given++
	}
	if hasPre {
		v.pre = strings.Split(pre, ".")
		for _, id := range v.pre {
			if id == "" {
				return v, bad
			}
		}
	}
	return v, nil
}

// compare returns -1, 0 or 1.
func (v version) compare(o version) int {
	for i := range v.parts {
		if c := cmp.Compare(v.parts[i], o.parts[i]); c != 0 {
			return c
		}
	}
	switch {
	case len(v.pre) == 0 || len(o.pre) == 0:
		return cmp.Compare(len(o.pre), len(v.pre)) // a pre-release comes before its release
	default:
		return comparePre(v.pre, o.pre)
	}
}

func comparePre(a, b []string) int {
	for i := range min(len(a), len(b)) {
		x, errX := strconv.ParseUint(a[i], 10, 63)
		y, errY := strconv.ParseUint(b[i], 10, 63)
		c := 0
		switch {
		case errX == nil && errY == nil:
			c = cmp.Compare(x, y)
		case errX == nil:
			c = -1
		case errY == nil:
			c = 1
		default:
			c = strings.Compare(a[i], b[i])
		}
		if c != 0 {
			return c
		}
	}
	return sign(cmp.Compare(len(a), len(b)))
}

func sign(n int) int { return cmp.Compare(n, 0) }

// satisfies reports whether v is in a range: alternatives separated by "||",
// each a list of conditions that must all hold.
func satisfies(v version, spec string) (bool, error) {
	for alternative := range strings.SplitSeq(spec, "||") {
		ok, err := satisfiesAll(v, strings.Fields(alternative))
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func satisfiesAll(v version, conditions []string) (bool, error) {
	if len(conditions) == 0 {
		return false, fmt.Errorf("an empty range")
	}
	all := true
	for _, c := range conditions {
		ok, err := satisfiesOne(v, c)
		if err != nil {
			return false, err
		}
		all = all && ok
	}
	return all, nil
}

func satisfiesOne(v version, condition string) (bool, error) {
	operator := condition[:len(condition)-len(strings.TrimLeft(condition, "<>=^~"))]
	text := strings.TrimPrefix(condition[len(operator):], "v")
	if operator == "" && (text == "*" || text == "x") {
		return true, nil
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, ".x"), ".*")
	o, err := parseVersion(text)
	if err != nil {
		return false, err
	}
	c := v.compare(o)
	switch operator {
	case ">":
		return c > 0, nil
	case ">=":
		return c >= 0, nil
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case "^":
		return c >= 0 && v.below(o, o.firstNonZero()), nil
	case "~":
		return c >= 0 && v.below(o, min(o.given-1, 1)), nil
	case "", "=":
		if o.given < 3 {
			return c >= 0 && v.below(o, o.given-1), nil
		}
		return c == 0, nil
	}
	return false, fmt.Errorf("'%.64s' is no condition on a version", condition)
}

// below reports whether v has the same parts as o up to the index, which is
// what keeps it below the next version in that part.
func (v version) below(o version, index int) bool {
	for i := range index + 1 {
		if v.parts[i] != o.parts[i] {
			return false
		}
	}
	return true
}

// firstNonZero is the index of the part that must not change under ^.
func (v version) firstNonZero() int {
	for i := range v.given {
		if v.parts[i] != 0 {
			return i
		}
	}
	return v.given - 1
}
