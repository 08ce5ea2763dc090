package vm

import (
	"math"
	"strconv"
	"strings"
)

// FormatNumber writes a number as Lua does, which is C's %.14g.
func FormatNumber(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e14 {
		if f == 0 && math.Signbit(f) {
			return "-0"
		}
		return strconv.FormatInt(int64(f), 10)
	}
	return formatG(f, 14, false)
}

// formatG is C's %.<precision>g; alt keeps trailing zeros as its flag # does.
func formatG(f float64, precision int, alt bool) string {
	if s, ok := formatSpecial(f); ok {
		return s
	}
	if precision == 0 {
		precision = 1
	}
	e := strconv.FormatFloat(f, 'e', precision-1, 64)
	mantissa, exponent, _ := strings.Cut(e, "e")
	exp, _ := strconv.Atoi(exponent)
	if exp < -4 || exp >= precision {
		return trimZeros(mantissa, alt) + "e" + padExponent(exponent)
	}
	return trimZeros(strconv.FormatFloat(f, 'f', precision-1-exp, 64), alt)
}

func formatSpecial(f float64) (string, bool) {
	switch {
	case math.IsNaN(f) && math.Signbit(f):
		return "-nan", true
	case math.IsNaN(f):
		return "nan", true
	case math.IsInf(f, 1):
		return "inf", true
	case math.IsInf(f, -1):
		return "-inf", true
	}
	return "", false
}

// trimZeros takes the zeros behind the last digit away, unless asked to keep
// them; then there is a decimal point in any case.
func trimZeros(s string, keep bool) string {
	point := strings.Contains(s, ".")
	switch {
	case keep && !point:
		return s + "."
	case keep || !point:
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// padExponent gives an exponent the two digits that C writes at least.
func padExponent(e string) string {
	if len(e) == 2 {
		return e[:1] + "0" + e[1:]
	}
	return e
}

const blanks = " \t\n\v\f\r"

// ParseNumber reads a number as Lua's tonumber does: decimal with an optional
// exponent, or hexadecimal with an optional sign, and blanks around it. Like C,
// it sees nothing behind a zero byte.
func ParseNumber(s string) (float64, bool) {
	s, _, _ = strings.Cut(s, "\x00")
	s = strings.Trim(s, blanks)
	body, negative := strings.CutPrefix(s, "-")
	if !negative {
		body = strings.TrimPrefix(body, "+")
	}
	f, ok := parseUnsigned(body)
	if negative {
		f = -f
	}
	return f, ok
}

func parseUnsigned(s string) (float64, bool) {
	if s == "" || !isDigit(s[0]) && s[0] != '.' {
		return 0, false // keeps out what only Go takes: signs, inf, nan
	}
	if len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		return parseDigits(s[2:], 16)
	}
	if strings.ContainsAny(s, "_xXpP") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && math.IsInf(f, 0) {
		return f, true
	}
	return f, err == nil
}

// parseDigits reads a whole number in the given base, 2 to 36.
func parseDigits(s string, base int) (float64, bool) {
	if s == "" {
		return 0, false
	}
	f := 0.0
	for i := range len(s) {
		d := digitValue(s[i])
		if d >= base {
			return 0, false
		}
		f = f*float64(base) + float64(d)
	}
	return f, true
}

func digitValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'Z':
		return int(c-'A') + 10
	}
	return math.MaxInt
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// maxInt keeps differences of two whole numbers within an int everywhere.
const maxInt = 1 << 29

// toInt cuts a number off towards zero and to within maxInt.
func toInt(f float64) int {
	switch {
	case f != f:
		return 0
	case f >= maxInt:
		return maxInt
	case f <= -maxInt:
		return -maxInt
	}
	return int(f)
}
