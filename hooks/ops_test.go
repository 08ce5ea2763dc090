package hooks

import "testing"

func TestAlias(t *testing.T) {
	tests := []struct {
		phase      Phase
		name, want string
	}{
		{Before, "clone", "update"}, {After, "clone", "update"}, {Before, "health", "recover"},
		{On, "health", "health"}, {On, "clone", "clone"}, {Before, "pull", "pull"},
	}
	for _, tt := range tests {
		if got := Alias(tt.phase, tt.name); got != tt.want {
			t.Errorf("Alias(%s, %s) = %s, want %s", tt.phase, tt.name, got, tt.want)
		}
	}
}

func TestTopicMatches(t *testing.T) {
	tests := []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true}, {"a/b", "a", false}, {"a", "a/b", false}, {"a/b", "a/c", false},
		{"a/+", "a/b", true}, {"a/+", "a", false}, {"a/+", "a/b/c", false}, {"+/b", "a/b", true}, {"+", "a", true},
		{"#", "a/b/c", true}, {"a/#", "a", true}, {"a/#", "a/b/c", true}, {"a/#", "ab", false}, {"a/+/c", "a//c", true},
		{"a/", "a/", true}, {"a/", "a", false}, {"#", "$SYS/x", false}, {"+/x", "$SYS/x", false}, {"$SYS/#", "$SYS/x", true},
	}
	for _, tt := range tests {
		if got := TopicMatches(tt.filter, tt.topic); got != tt.want {
			t.Errorf("TopicMatches(%q, %q) = %v", tt.filter, tt.topic, got)
		}
	}
}
