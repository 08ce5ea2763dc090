package vm

// classEnd returns the place after the class that begins at p.
func (m *matcher) classEnd(p int) int {
	c := m.pat[p]
	p++
	switch c {
	case '%':
		if p >= len(m.pat) {
			Fail(m.l, "malformed pattern (ends with '%%')")
		}
		return p + 1
	case '[':
		if p < len(m.pat) && m.pat[p] == '^' {
			p++
		}
		for first := true; first || m.pat[p] != ']'; first = false {
			if p >= len(m.pat) {
				Fail(m.l, "malformed pattern (missing ']')")
			}
			if m.pat[p] == '%' {
				p++
			}
			p++
			if p >= len(m.pat) {
				Fail(m.l, "malformed pattern (missing ']')")
			}
		}
		return p + 1
	}
	return p
}

// single reports whether the byte at s is of the class from p to end.
func (m *matcher) single(s, p, end int) bool {
	c := m.src[s]
	switch m.pat[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pat[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.pat[p] == c
}

// inSet reports whether c is in the set whose brackets are at p and last.
func (m *matcher) inSet(c byte, p, last int) bool {
	p++
	want := true
	if m.pat[p] == '^' {
		want = false
		p++
	}
	for ; p < last; p++ {
		switch {
		case m.pat[p] == '%':
			p++
			if inClass(c, m.pat[p]) {
				return want
			}
		case p+2 < last && m.pat[p+1] == '-':
			if m.pat[p] <= c && c <= m.pat[p+2] {
				return want
			}
			p += 2
		case m.pat[p] == c:
			return want
		}
	}
	return !want
}

// inClass reports whether c is what a letter after % means: a class, the
// opposite of one in upper case, or itself.
func inClass(c, class byte) bool {
	var is bool
	switch lower(class) {
	case 'a':
		is = isLetter(c)
	case 'c':
		is = c < ' ' || c == 0x7f
	case 'd':
		is = isDigit(c)
	case 'l':
		is = 'a' <= c && c <= 'z'
	case 'p':
		is = ' ' < c && c < 0x7f && !isLetter(c) && !isDigit(c)
	case 's':
		is = c == ' ' || '\t' <= c && c <= '\r'
	case 'u':
		is = 'A' <= c && c <= 'Z'
	case 'w':
		is = isLetter(c) || isDigit(c)
	case 'x':
		is = isDigit(c) || 'a' <= lower(c) && lower(c) <= 'f'
	case 'z':
		is = c == 0
	default:
		return class == c
	}
	return is == (lower(class) == class)
}

func isLetter(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' }
