package main

import (
	"strings"
	"testing"
)

func TestBoard(t *testing.T) {
	results := `{"Action":"output","Package":"p","Test":"TestSuite/docker/Kill","Output":"why it failed\n"}
{"Action":"fail","Package":"p","Test":"TestSuite/docker/Kill"}
{"Action":"pass","Package":"p","Test":"TestSuite/podman/Kill"}
{"Action":"fail","Package":"p","Test":"TestSuite"}
{"Action":"pass","Package":"p","Test":"TestClone/docker/0"}
{"Action":"pass","Package":"p","Test":"TestClone/docker/1"}
{"Action":"pass","Package":"p","Test":"TestClone/docker"}
{"Action":"skip","Package":"p","Test":"TestClone/podman"}
{"Action":"pass","Package":"p","Test":"TestUnit"}
{"Action":"fail","Package":"p"}
`
	b := newBoard()
	var failures, table strings.Builder
	if err := b.read(strings.NewReader(results), map[string]string{"docker": "docker 1", "podman": "podman 2"}, &failures); err != nil {
		t.Fatal(err)
	}
	if failures.String() != "why it failed\n" {
		t.Errorf("told %q", failures.String())
	}
	b.print(&table)
	want := `behaviour  docker 1     podman 2
Clone      yes (2)      -
Kill       NO (1 of 1)  yes
`
	if table.String() != want {
		t.Errorf("got\n%swant\n%s", table.String(), want)
	}
	if err := b.read(strings.NewReader("no JSON"), nil, &failures); err == nil {
		t.Error("junk accepted")
	}
}
