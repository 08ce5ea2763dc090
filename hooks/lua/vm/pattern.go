package vm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// The patterns of Lua 5.1, as its manual describes them in section 5.4.1, with
// the frontier %f that 5.1 has without saying so. A matcher tries a pattern at
// one place of a subject; it backs up as Lua does, so some patterns take
// exponential time, which is why every step is charged.

const (
	maxCaptures  = 32
	maxPattern   = 1024 // bytes; bounds the depth of recursion
	stepsPerUnit = 8
)

// What a capture can be beside its length.
const (
	captureOpen     = -1
	capturePosition = -2
)

type capture struct{ start, length int }

type matcher struct {
	l        *lua.LState
	src, pat string
	captures [maxCaptures]capture
	level    int // captures begun
	steps    int
}

func newMatcher(l *lua.LState, src, pat string) *matcher {
	if len(pat) > maxPattern {
		Fail(l, "pattern longer than %d bytes", maxPattern)
	}
	return &matcher{l: l, src: src, pat: pat}
}

// step counts work.
func (m *matcher) step() {
	m.steps++
	if m.steps%(stepsPerUnit*16) == 0 {
		Charge(m.l, 16)
	}
}

// at tries the pattern from p on at s and returns where the match ends, or -1.
func (m *matcher) at(s int) int {
	m.level = 0
	m.step()
	return m.match(s, 0)
}

func (m *matcher) match(s, p int) int {
	for p < len(m.pat) {
		m.step()
		switch c := m.pat[p]; {
		case c == '(':
			if p+1 < len(m.pat) && m.pat[p+1] == ')' {
				return m.open(s, p+2, capturePosition)
			}
			return m.open(s, p+1, captureOpen)
		case c == ')':
			return m.shut(s, p+1)
		case c == '$' && p+1 == len(m.pat):
			if s == len(m.src) {
				return s
			}
			return -1
		case c == '%' && p+1 < len(m.pat) && m.pat[p+1] == 'b':
			if s = m.balance(s, p+2); s < 0 {
				return -1
			}
			p += 4
			continue
		case c == '%' && p+1 < len(m.pat) && m.pat[p+1] == 'f':
			end := m.frontier(s, p+2)
			if end < 0 {
				return -1
			}
			p = end
			continue
		case c == '%' && p+1 < len(m.pat) && isDigit(m.pat[p+1]):
			if s = m.again(s, m.pat[p+1]); s < 0 {
				return -1
			}
			p += 2
			continue
		}
		end := m.classEnd(p)
		var suffix byte
		if end < len(m.pat) {
			suffix = m.pat[end]
		}
		switch suffix {
		case '?':
			if s < len(m.src) && m.single(s, p, end) {
				if e := m.match(s+1, end+1); e >= 0 {
					return e
				}
			}
			p = end + 1
		case '*':
			return m.longest(s, p, end, 0)
		case '+':
			return m.longest(s, p, end, 1)
		case '-':
			return m.shortest(s, p, end)
		default:
			if s >= len(m.src) || !m.single(s, p, end) {
				return -1
			}
			s, p = s+1, end
		}
	}
	return s
}

// longest matches as many as it can of what stands from p to end, at least so
// many, and gives back one after the other.
func (m *matcher) longest(s, p, end, least int) int {
	n := 0
	for s+n < len(m.src) && m.single(s+n, p, end) {
		n++
		m.step()
	}
	for ; n >= least; n-- {
		if e := m.match(s+n, end+1); e >= 0 {
			return e
		}
	}
	return -1
}

// shortest matches as few as it must.
func (m *matcher) shortest(s, p, end int) int {
	for {
		if e := m.match(s, end+1); e >= 0 {
			return e
		}
		if s >= len(m.src) || !m.single(s, p, end) {
			return -1
		}
		s++
		m.step()
	}
}

func (m *matcher) open(s, p, kind int) int {
	if m.level >= maxCaptures {
		Fail(m.l, "too many captures")
	}
	m.captures[m.level] = capture{s, kind}
	m.level++
	e := m.match(s, p)
	if e < 0 {
		m.level--
	}
	return e
}

func (m *matcher) shut(s, p int) int {
	i := m.level - 1
	for i >= 0 && m.captures[i].length != captureOpen {
		i--
	}
	if i < 0 {
		Fail(m.l, "invalid pattern capture")
	}
	m.captures[i].length = s - m.captures[i].start
	e := m.match(s, p)
	if e < 0 {
		m.captures[i].length = captureOpen
	}
	return e
}

// balance is %bxy.
func (m *matcher) balance(s, p int) int {
	if p+1 >= len(m.pat) {
		Fail(m.l, "unbalanced pattern")
	}
	if s >= len(m.src) || m.src[s] != m.pat[p] {
		return -1
	}
	open, shut, depth := m.pat[p], m.pat[p+1], 1
	for i := s + 1; i < len(m.src); i++ {
		m.step()
		switch m.src[i] {
		case shut:
			depth--
			if depth == 0 {
				return i + 1
			}
		case open:
			depth++
		}
	}
	return -1
}

// frontier is %f[set]: it returns the place after the set, or -1.
func (m *matcher) frontier(s, p int) int {
	if p >= len(m.pat) || m.pat[p] != '[' {
		Fail(m.l, "missing '[' after '%%f' in pattern")
	}
	end := m.classEnd(p)
	var before, here byte
	if s > 0 {
		before = m.src[s-1]
	}
	if s < len(m.src) {
		here = m.src[s]
	}
	if m.inSet(before, p, end-1) || !m.inSet(here, p, end-1) {
		return -1
	}
	return end
}

// again is %1 to %9: the same text as a capture.
func (m *matcher) again(s int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.captures[i].length == captureOpen {
		Fail(m.l, "invalid capture index")
	}
	c := m.captures[i]
	if c.length == capturePosition {
		return -1 // a place is no text
	}
	Charge(m.l, c.length/bytesPerUnit)
	if strings.HasPrefix(m.src[s:], m.src[c.start:c.start+c.length]) {
		return s + c.length
	}
	return -1
}
