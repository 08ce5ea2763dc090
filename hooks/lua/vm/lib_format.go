package vm

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// A spec is one %-directive of string.format.
type spec struct {
	minus, plus, space, alt, zero bool
	width, precision              int // -1 when not given
	verb                          byte
}

func stringFormat(l *lua.LState) int {
	format := StringArg(l, 1)
	var out strings.Builder
	arg := 1
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			limitLen(l, out.Len()+1)
			out.WriteByte(format[i])
			continue
		}
		i++
		if i < len(format) && format[i] == '%' {
			out.WriteByte('%')
			continue
		}
		s, end := parseSpec(l, format, i)
		i = end
		arg++
		text := s.format(l, arg)
		limitLen(l, out.Len()+len(text))
		Charge(l, 2+len(text)/bytesPerUnit)
		out.WriteString(text)
	}
	CheckLen(l, out.Len())
	l.Push(lua.LString(out.String()))
	return 1
}

// parseSpec reads the directive whose first byte after the % is at i, and
// returns the place of its last.
func parseSpec(l *lua.LState, format string, i int) (spec, int) {
	s := spec{width: -1, precision: -1}
	first := i
	for ; i < len(format) && strings.IndexByte("-+ #0", format[i]) >= 0; i++ {
		s.flag(format[i])
	}
	if i-first > len("-+ #0") {
		Fail(l, "invalid format (repeated flags)")
	}
	s.width, i = twoDigits(format, i)
	if i < len(format) && format[i] == '.' {
		s.precision, i = twoDigits(format, i+1)
		s.precision = max(s.precision, 0)
	}
	if i < len(format) && isDigit(format[i]) {
		Fail(l, "invalid format (width or precision too long)")
	}
	if i >= len(format) {
		Fail(l, "invalid option '%%' to 'format'")
	}
	s.verb = format[i]
	return s, i
}

func (s *spec) flag(c byte) {
	switch c {
	case '-':
		s.minus = true
	case '+':
		s.plus = true
	case ' ':
		s.space = true
	case '#':
		s.alt = true
	case '0':
		s.zero = true
	}
}

func twoDigits(s string, i int) (n, next int) {
	n = -1
	for k := 0; k < 2 && i < len(s) && isDigit(s[i]); k++ {
		n = max(n, 0)*10 + int(s[i]-'0')
		i++
	}
	return n, i
}

func (s spec) format(l *lua.LState, n int) string {
	switch s.verb {
	case 'c':
		text, _, _ := strings.Cut(s.pad(string([]byte{byte(IntArg(l, n))}), false), "\x00")
		return text // as in Lua 5.1, where a zero byte ends it
	case 'd', 'i':
		return s.signed(wholeArg(l, n))
	case 'u', 'o', 'x', 'X':
		return s.unsigned(uint64(wholeArg(l, n))) //nolint:gosec // as C converts it
	case 'e', 'E', 'f', 'g', 'G':
		return s.float(NumberArg(l, n))
	case 'q':
		return quote(StringArg(l, n))
	case 's':
		return s.text(StringArg(l, n))
	}
	Fail(l, "invalid option '%%%c' to 'format'", s.verb)
	return ""
}

func wholeArg(l *lua.LState, n int) int64 {
	f := NumberArg(l, n)
	switch {
	case f >= math.MaxInt64:
		return math.MinInt64 // what C makes of it on most machines
	case f != f || f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

func (s spec) text(text string) string {
	if s.precision >= 0 && s.precision < len(text) {
		text = text[:s.precision]
	}
	return s.pad(text, false)
}

func (s spec) signed(n int64) string {
	digits := strconv.FormatInt(n, 10)
	digits, negative := strings.CutPrefix(digits, "-")
	return s.pad(s.sign(negative)+s.atLeast(digits), s.zero && s.precision < 0)
}

func (s spec) unsigned(n uint64) string {
	var digits string
	switch s.verb {
	case 'u':
		digits = s.atLeast(strconv.FormatUint(n, 10))
	case 'o':
		digits = s.atLeast(strconv.FormatUint(n, 8))
		if s.alt && !strings.HasPrefix(digits, "0") {
			digits = "0" + digits
		}
	default:
		digits = s.atLeast(strconv.FormatUint(n, 16))
		if s.alt && n != 0 {
			digits = "0x" + digits
		}
		if s.verb == 'X' {
			digits = strings.ToUpper(digits)
		}
	}
	return s.pad(digits, s.zero && s.precision < 0)
}

// atLeast puts zeros before digits up to the precision.
func (s spec) atLeast(digits string) string {
	if s.precision == 0 && digits == "0" {
		return ""
	}
	return strings.Repeat("0", max(0, s.precision-len(digits))) + digits
}

func (s spec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case s.plus:
		return "+"
	case s.space:
		return " "
	}
	return ""
}

func (s spec) float(f float64) string {
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	abs := math.Abs(f)
	text, special := formatSpecial(abs)
	if special {
		text = strings.TrimPrefix(text, "-")
	} else {
		text = s.finite(abs, precision)
	}
	if s.verb == 'E' || s.verb == 'G' {
		text = strings.ToUpper(text)
	}
	return s.pad(s.sign(math.Signbit(f))+text, s.zero && !special)
}

func (s spec) finite(f float64, precision int) string {
	switch s.verb {
	case 'f':
		return s.point(strconv.FormatFloat(f, 'f', precision, 64))
	case 'e', 'E':
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', precision, 64), "e")
		return s.point(mantissa) + "e" + padExponent(exponent)
	}
	return formatG(f, precision, s.alt)
}

// point keeps the decimal point where the flag # asks for it.
func (s spec) point(digits string) string {
	if s.alt && !strings.Contains(digits, ".") {
		return digits + "."
	}
	return digits
}

// pad fills up to the width: with zeros between sign and digits, or with blanks.
func (s spec) pad(text string, zeros bool) string {
	n := s.width - len(text)
	switch {
	case n <= 0:
		return text
	case s.minus:
		return text + strings.Repeat(" ", n)
	case !zeros:
		return strings.Repeat(" ", n) + text
	}
	sign := len(text) - len(strings.TrimLeft(text, "+- "))
	if strings.HasPrefix(text[sign:], "0x") || strings.HasPrefix(text[sign:], "0X") {
		if s.alt && (s.verb == 'x' || s.verb == 'X') {
			sign += 2
		}
	}
	return text[:sign] + strings.Repeat("0", n) + text[sign:]
}

// quote writes a string so that Lua reads it back.
func quote(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '\\', '\n':
			out.WriteByte('\\')
			out.WriteByte(c)
		case '\r':
			out.WriteString("\\r")
		case 0:
			out.WriteString("\\000")
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
