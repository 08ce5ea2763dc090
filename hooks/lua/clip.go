package lua

import "strings"

const (
	maxReason = 1024     // bytes of a reason, as it is recorded and told
	maxText   = 32 << 10 // bytes of one text that a script hands over, such as the value of a variable
)

// clip makes a text fit into so many bytes and says so.
func clip(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// shorten makes a text fit into a message.
func shorten(s string) string { return clip(s, 64) }
