package lua

import (
	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

func semverEntries() []Entry {
	return []Entry{
		{
			Name: "edged.semver.compare", Signature: "(a, b) -> -1, 0 or 1", fn: semverCompare,
			Doc: "Compares two versions by the rules of semver.org; a leading v and missing parts are accepted.",
		},
		{
			Name: "edged.semver.satisfies", Signature: "(version, range) -> boolean", fn: semverSatisfies,
			Doc: "Whether a version is in a range such as \">=1.2 <2\", \"^1.2\", \"~1.2.3\" or \"1.x\"; \"||\" separates alternatives.",
		},
		{
			Name: "edged.semver.valid", Signature: "(text) -> boolean", fn: semverValid,
			Doc: "Whether a text is a version.",
		},
	}
}

func semverCompare(l *glua.LState) int {
	l.Push(glua.LNumber(versionArg(l, 1).compare(versionArg(l, 2))))
	return 1
}

func semverSatisfies(l *glua.LState) int {
	v := versionArg(l, 1)
	spec := vm.StringArg(l, 2)
	vm.Charge(l, len(spec)/8)
	ok, err := satisfies(v, spec)
	if err != nil {
		vm.BadArg(l, 2, "%v", err)
	}
	l.Push(glua.LBool(ok))
	return 1
}

func semverValid(l *glua.LState) int {
	_, err := parseVersion(vm.StringArg(l, 1))
	l.Push(glua.LBool(err == nil))
	return 1
}

func versionArg(l *glua.LState, n int) version {
	text := vm.StringArg(l, n)
	v, err := parseVersion(text)
	if err != nil {
		vm.BadArg(l, n, "%v", err)
	}
	return v
}
