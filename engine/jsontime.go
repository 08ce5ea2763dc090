package engine

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// JSONTime is a time that JSON carries as whole seconds since 1970, or as RFC 3339 text.
type JSONTime struct {
	time.Time
	// AsRFC3339 chooses the text form when marshalling.
	AsRFC3339 bool
}

// NewJSONTime makes a [JSONTime] that is marshalled as seconds.
func NewJSONTime(t time.Time) JSONTime { return JSONTime{Time: t} }

// MarshalJSON writes the seconds or the text.
func (t JSONTime) MarshalJSON() ([]byte, error) {
	if t.AsRFC3339 {
		return strconv.AppendQuote(nil, t.Format(time.RFC3339)), nil
	}
	return strconv.AppendInt(nil, t.Unix(), 10), nil
}

// UnmarshalJSON reads either form; seconds may have a fraction.
func (t *JSONTime) UnmarshalJSON(data []byte) error {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	switch v := value.(type) {
	case float64:
		sec, frac := math.Modf(v)
		t.Time = time.Unix(int64(sec), int64(math.Round(frac*1e9)))
	case string:
		parsed, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return fmt.Errorf("parse time: %w", err)
		}
		t.Time, t.AsRFC3339 = parsed, true
	default:
		return fmt.Errorf("parse time %s: want seconds or RFC 3339", data)
	}
	return nil
}
