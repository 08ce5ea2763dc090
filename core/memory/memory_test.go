package memory

import (
	"slices"
	"strings"
	"testing"
)

func TestReadOnlyMappings(t *testing.T) {
	const maps = `00400000-00a00000 r-xp 00000000 fe:00 1234 /usr/bin/edged
00a00000-00f00000 r--p 00600000 fe:00 1234 /usr/bin/edged
00f00000-01000000 rw-p 00b00000 fe:00 1234 /usr/bin/edged
c000000000-c000400000 rw-p 00000000 00:00 0
7f0000000000-7f0000001000 r-xp 00000000 00:00 0 [vdso]
`
	got, err := readOnly(strings.NewReader(maps), "/usr/bin/edged")
	want := []mapping{{0x400000, 0xa00000}, {0xa00000, 0xf00000}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("readOnly = %x, %v; want %x: the writable mapping must not be touched", got, err, want)
	}
}

func TestForgetProgram(t *testing.T) {
	if err := forgetProgram(); err != nil {
		t.Fatal(err)
	}
}
