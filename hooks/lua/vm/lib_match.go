package vm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// value returns capture i of the match from s to e; the whole match stands for
// the first where the pattern has none.
func (m *matcher) value(i, s, e int) lua.LValue {
	if i >= m.level {
		if i > 0 {
			Fail(m.l, "invalid capture index")
		}
		return lua.LString(m.src[s:e])
	}
	c := m.captures[i]
	switch c.length {
	case captureOpen:
		Fail(m.l, "unfinished capture")
	case capturePosition:
		return lua.LNumber(c.start + 1)
	}
	return lua.LString(m.src[c.start : c.start+c.length])
}

// push pushes all captures, or the whole match where there are none.
func (m *matcher) push(s, e int) int {
	n := max(m.level, 1)
	for i := range n {
		m.l.Push(m.value(i, s, e))
	}
	return n
}

func stringFind(l *lua.LState) int { return find(l, true) }

func stringMatch(l *lua.LState) int { return find(l, false) }

// find is string.find and string.match, which differ in what they return.
func find(l *lua.LState, where bool) int {
	s, pat := StringArg(l, 1), StringArg(l, 2)
	init := OptInt(l, 3, 1)
	if init < 0 {
		init = max(init+len(s)+1, 1)
	}
	start := min(max(init-1, 0), len(s))
	if where && (!lua.LVIsFalse(Arg(l, 4)) || !strings.ContainsAny(pat, "^$*+?.([%-")) {
		return findPlain(l, s, pat, start)
	}
	anchored := strings.HasPrefix(pat, "^")
	m := newMatcher(l, s, strings.TrimPrefix(pat, "^"))
	for ; start <= len(s); start++ {
		if end := m.at(start); end >= 0 {
			if !where {
				return m.push(start, end)
			}
			l.Push(lua.LNumber(start + 1))
			l.Push(lua.LNumber(end))
			if m.level == 0 {
				return 2
			}
			return 2 + m.push(start, end)
		}
		if anchored {
			break
		}
	}
	l.Push(lua.LNil)
	return 1
}

func findPlain(l *lua.LState, s, sub string, start int) int {
	Charge(l, (len(s)-start)/bytesPerUnit)
	i := strings.Index(s[start:], sub)
	if i < 0 {
		l.Push(lua.LNil)
		return 1
	}
	l.Push(lua.LNumber(start + i + 1))
	l.Push(lua.LNumber(start + i + len(sub)))
	return 2
}

func stringGmatch(l *lua.LState) int {
	s, pat := StringArg(l, 1), StringArg(l, 2)
	next := 0
	l.Push(Function(func(l *lua.LState) int {
		m := newMatcher(l, s, pat)
		for ; next <= len(s); next++ {
			end := m.at(next)
			if end < 0 {
				continue
			}
			start := next
			next = end
			if end == start {
				next++
			}
			return m.push(start, end)
		}
		l.Push(lua.LNil)
		return 1
	}))
	return 1
}

func stringGsub(l *lua.LState) int {
	s, pat := StringArg(l, 1), StringArg(l, 2)
	repl := replacement(l, Arg(l, 3))
	most := OptInt(l, 4, len(s)+1)
	anchored := strings.HasPrefix(pat, "^")
	m := newMatcher(l, s, strings.TrimPrefix(pat, "^"))
	var out strings.Builder
	at, count := 0, 0
	for count < most {
		end := m.at(at)
		if end >= 0 {
			count++
			piece := repl(m, at, end)
			limitLen(l, out.Len()+len(piece))
			out.WriteString(piece)
			Charge(l, 1+len(piece)/bytesPerUnit)
		}
		switch {
		case end > at:
			at = end
		case at < len(s):
			limitLen(l, out.Len()+1)
			out.WriteByte(s[at])
			at++
		default:
			at++
		}
		if at > len(s) || anchored {
			break
		}
	}
	if at < len(s) {
		CheckLen(l, out.Len()+len(s)-at)
		out.WriteString(s[at:])
	}
	l.Push(lua.LString(out.String()))
	l.Push(lua.LNumber(count))
	return 2
}

// replacement returns what gives the text for a match.
func replacement(l *lua.LState, v lua.LValue) func(m *matcher, s, e int) string {
	switch v := v.(type) {
	case lua.LString, lua.LNumber:
		text := textOf(v)
		return func(m *matcher, s, e int) string { return m.expand(text, s, e) }
	case *lua.LTable:
		return func(m *matcher, s, e int) string {
			return m.replaced(m.l.GetTable(v, m.value(0, s, e)), s, e)
		}
	case *lua.LFunction:
		return func(m *matcher, s, e int) string {
			args := make([]lua.LValue, max(m.level, 1))
			for i := range args {
				args[i] = m.value(i, s, e)
			}
			return m.replaced(call1(m.l, v, args...), s, e)
		}
	}
	BadArg(l, 3, "string/function/table expected")
	return nil
}

// replaced is the text for what a function or table gave.
func (m *matcher) replaced(v lua.LValue, s, e int) string {
	switch {
	case isText(v):
		return textOf(v)
	case lua.LVIsFalse(v):
		return m.src[s:e]
	}
	Fail(m.l, "invalid replacement value (a %s)", v.Type())
	return ""
}

// expand puts captures in the place of %0 to %9.
func (m *matcher) expand(text string, s, e int) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '%' {
			out.WriteByte(c)
			continue
		}
		i++
		switch {
		case i == len(text):
			out.WriteByte(0) // as in Lua 5.1, which reads the end of the string
		case text[i] == '0':
			limitLen(m.l, out.Len()+e-s)
			out.WriteString(m.src[s:e])
		case isDigit(text[i]):
			part := textOf(m.value(int(text[i]-'1'), s, e))
			limitLen(m.l, out.Len()+len(part))
			out.WriteString(part)
		default:
			out.WriteByte(text[i])
		}
	}
	return out.String()
}
