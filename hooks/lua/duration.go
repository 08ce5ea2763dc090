package lua

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"
)

const maxDuration = 366 * 24 * time.Hour

// duration reads a number of seconds, or text such as 90s, 1h30m or 2d.
func duration(v glua.LValue) (time.Duration, error) {
	switch v := v.(type) {
	case glua.LNumber:
		return bounded(float64(v)*float64(time.Second), v.String())
	case glua.LString:
		return parseDuration(string(v))
	}
	return 0, fmt.Errorf("duration expected, such as 90 (seconds), \"90s\" or \"1h30m\"; got a %s", v.Type())
}

func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil {
			return bounded(n*float64(24*time.Hour), s)
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("'%.64s' is no duration; write it like \"90s\", \"1h30m\" or \"2d\"", s)
	}
	return bounded(float64(d), s)
}

func bounded(d float64, text string) (time.Duration, error) {
	if !(d >= 0 && d <= float64(maxDuration)) {
		return 0, fmt.Errorf("duration %s is not between 0 and 366 days", text)
	}
	return time.Duration(d), nil
}
