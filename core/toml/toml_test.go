package toml

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	items, err := Parse("f", []byte("\ufeff"[:0]+`# what a device has
log_level = "info"   # how much
data_dir = ["/data/a", '/var\b',
  # one more
  "c\td",
]
"quoted key" = 'it "is"'
[filter.include]
names = [ ]
a . b = -1_000
	[client.http]
	port = 8_001
	enabled=true
	ratio = 1.5e3
[ "x.y" ]
text = "\u00e4\U0001F600\"\\"`+"\r\nlast = false"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Item{
		{Key: "log_level", Line: 2, Text: "info"},
		{Key: "data_dir", Line: 3, Kind: Array, List: []string{"/data/a", `/var\b`, "c\td"}},
		{Key: "quoted key", Line: 7, Text: `it "is"`},
		{Key: "filter.include.names", Line: 9, Kind: Array, List: []string{}},
		{Key: "filter.include.a.b", Line: 10, Kind: Number, Text: "-1_000"},
		{Key: "client.http.port", Line: 12, Kind: Number, Text: "8_001"},
		{Key: "client.http.enabled", Line: 13, Kind: Bool, Text: "true"},
		{Key: "client.http.ratio", Line: 14, Kind: Number, Text: "1.5e3"},
		{Key: "x.y.text", Line: 16, Text: "ä😀\"\\"},
		{Key: "x.y.last", Line: 17, Kind: Bool, Text: "false"},
	}
	if !reflect.DeepEqual(items, want) {
		t.Errorf("got\n%+v\nwant\n%+v", items, want)
	}
	for _, empty := range []string{"", "\n", "# nothing", "[table]"} {
		if items, err := Parse("f", []byte(empty)); len(items) != 0 || err != nil {
			t.Errorf("%q: %v, %v", empty, items, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1\na = 2":               "f:2: a name is given twice",
		"[t]\n[t]":                   "f:2: a name is given twice",
		"secret":                     "f:1: want = after the name",
		"= 1":                        "f:1: want a key",
		"[t":                         "f:1: want ] after the name",
		"[[t]]":                      "f:1: want a key",
		"\n\na = secret":             "f:3: want text in quotes",
		"a = ":                       "f:1: want text in quotes",
		"a = {b = 1}":                "f:1: want text in quotes",
		"a = 2026-08-01T00:00:00Z":   "f:1: want text in quotes",
		"a = inf":                    "f:1: want text in quotes",
		"a = 0x1f":                   "f:1: want text in quotes",
		`a = "secret`:                "f:1: the text has no end",
		"a = \"secret\nb\"":          "f:1: the text has no end",
		"a = 'secret":                "f:1: the text has no end",
		`a = 'x\`:                    "f:1: the text has no end",
		`a = """secret"""`:           "f:1: text over several lines",
		`a = "\q"`:                   "f:1: want another letter",
		`a = "\`:                     "f:1: want another letter",
		`a = "\ud800"`:               "f:1: want the number of a character",
		`a = "secret" "b"`:           "f:1: want nothing more on the line",
		"a = [\n\"secret\" \"b\"\n]": "f:2: want , or ] in the list",
		"a = [\n":                    "f:2: want text in quotes",
		"a = [[1]]":                  "f:1: want text in quotes",
		"a = \"\xff\"":               "f:1: is not text in UTF-8",
	} {
		_, err := Parse("f", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error repeats it: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("[a.b]\nc = [1, 'x', true] # d\n\"e f\" = \"\\u00e4\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		items, err := Parse("f", data)
		if err != nil {
			return
		}
		lines, seen := strings.Count(string(data), "\n")+1, map[string]bool{}
		for _, item := range items {
			if item.Line < 1 || item.Line > lines || item.Key == "" || seen[item.Key] || (item.List != nil) != (item.Kind == Array) {
				t.Errorf("%q: %+v", data, item)
			}
			seen[item.Key] = true
		}
	})
}
