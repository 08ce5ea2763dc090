package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

//go:generate go test -run TestDocumentation -update .

const (
	docFile  = "../../docs/configuration.md"
	docBegin = "<!-- keys: written by go generate ./core/config -->\n"
	docEnd   = "<!-- end of keys -->\n"
)

func TestDocumentation(t *testing.T) {
	data, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(data), docBegin)
	_, after, ended := strings.Cut(rest, docEnd)
	if !begun || !ended {
		t.Fatalf("%s has no place for the keys", docFile)
	}
	want := before + docBegin + docTable(Keys()) + docEnd + after
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(docFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(data) != want {
		t.Errorf("%s differs from the table of keys: run go generate ./core/config", docFile)
	}
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the table of keys into docs/configuration.md")
	flag.Parse()
	os.Exit(m.Run())
}

func docTable(keys []Key) string {
	var b strings.Builder
	fmt.Fprintln(&b, "| key | variable | kind | default | what it is |")
	fmt.Fprintln(&b, "|---|---|---|---|---|")
	for _, k := range keys {
		kind := string(k.Kind)
		if k.Choices != nil {
			kind = oneOf(k.Choices)
		}
		value := ""
		if k.Default != "" {
			value = "`" + k.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", k.Name, k.Env(), kind, value, k.Doc)
	}
	return b.String()
}
