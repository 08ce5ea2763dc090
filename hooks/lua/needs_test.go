package lua

import (
	"strings"
	"testing"

	"edged/hooks"
)

func TestNeeds(t *testing.T) {
	grants := granted(hooks.Grants{Topics: []string{"alerts/#", "te/+/x"}, Paths: []string{"/run/app/**", "/etc/*.conf"}, Actions: []string{"reset"}})
	for _, need := range []string{
		"mqtt.publish:alerts/#", "mqtt.publish:alerts/a/b", "mqtt.publish:alerts/+/b", "mqtt.publish:te/a/x", "mqtt.publish:alerts",
		"file.read:/run/app/lock", "file.read:/run/app/a/*", "file.read:/run/app/**", "file.read:/etc/a.conf", "action:reset",
	} {
		s := one(t, `edged.needs { "`+need+`" }`, grants)
		if got := s.Scripts()[0].Needs; len(got) != 1 || got[0] != need {
			t.Errorf("needs = %v, want %s", got, need)
		}
	}
	for need, want := range map[string]string{
		"mqtt.publish:#":         "'mqtt.publish:#' is not granted to this file; edged.yaml grants with policy.grants",
		"mqtt.publish:te/#":      "is not granted",
		"mqtt.publish:te/+/+":    "is not granted",
		"mqtt.publish:a/#/b":     "is no topic filter",
		"mqtt.publish:":          "a topic filter has 1 to 256 bytes",
		"file.read:/run":         "is not granted",
		"file.read:/run/*/lock":  "is not granted",
		"file.read:/etc/**":      "is not granted",
		"file.read:run/app/lock": "a path is absolute and clean",
		"file.read:/run/app/../": "a path is absolute and clean",
		"file.read:/a/**/b":      "** can only be the last part",
		"action:reboot":          "is not granted",
		"action:":                "is not granted",
		"mqtt.publsh:a":          "unknown need 'mqtt.publsh'; did you mean 'mqtt.publish'?",
		"everything":             "unknown need 'everything'; there are: mqtt.publish:TOPIC file.read:PATH action:NAME",
	} {
		got := loadError(t, map[string]string{"10-test.lua": "\nedged.needs { \"" + need + "\" }"}, grants)
		if len(got) != 1 || got[0].Line != 2 || got[0].File != "10-test.lua" || !strings.Contains(got[0].Message, want) {
			t.Errorf("need %s: %v, want %q", need, got, want)
		}
	}
	for source, want := range map[string]string{
		`edged.needs {}`:          "a list of needs expected",
		`edged.needs { 1 }`:       "item 1 is no string",
		`edged.needs("action:x")`: "table expected",
		`local t = {} for i = 1, 60 do t[i] = "action:reset" end edged.needs(t)`: "more than 50 needs",
	} {
		if got := loadError(t, map[string]string{"10-test.lua": source}, grants); !strings.Contains(got[0].Message, want) {
			t.Errorf("%s: %v, want %q", source, got, want)
		}
	}
}

func TestGrantsAreForOneScript(t *testing.T) {
	_, err := Load(Options{
		Dirs:   []string{write(t, map[string]string{"1.lua": `edged.needs { "action:x" }`, "2.lua": `edged.needs { "action:x" }`})},
		Grants: map[string]hooks.Grants{"1.lua": {Actions: []string{"x"}}},
	})
	if err == nil || !strings.HasPrefix(err.Error(), "2.lua:1:16: 'action:x' is not granted") || strings.Contains(err.Error(), "1.lua:1:1") {
		t.Errorf("error = %v", err)
	}
}

func TestFilterCovers(t *testing.T) {
	tests := []struct {
		grant, need string
		want        bool
	}{
		{"#", "a/#", true}, {"#", "$SYS/x", false}, {"a/#", "a", true}, {"a/#", "a/+/#", true}, {"a/+", "a/#", false},
		{"a/+", "a/+", true}, {"a/b", "a/+", false}, {"a/+/c", "a/b/c", true}, {"a/b", "a/b/c", false}, {"a/b/c", "a/b", false},
	}
	for _, tt := range tests {
		if got := hooks.FilterCovers(tt.grant, tt.need); got != tt.want {
			t.Errorf("%s covers %s: %v", tt.grant, tt.need, got)
		}
	}
}

// FuzzNeeds looks for a need that is granted and means more than the grant.
func FuzzNeeds(f *testing.F) {
	f.Add("a/+/#", "a/b/c/#", "a/b/c/d")
	f.Fuzz(func(t *testing.T, grant, need, topic string) {
		if checkFilter(grant) != nil || checkFilter(need) != nil || strings.ContainsAny(topic, "+#") {
			return
		}
		if hooks.FilterCovers(grant, need) && hooks.TopicMatches(need, topic) && !hooks.TopicMatches(grant, topic) {
			t.Errorf("%q is granted by %q, and allows %q", need, grant, topic)
		}
	})
}
