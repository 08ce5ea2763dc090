package lua

import (
	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

func semverEntries() []Entry {
	return []Entry{
		{
			Name: "edged.semver.compare", Params: params(need("a", "string", ""), need("b", "string", "")), Returns: gives("integer", "-1, 0 or 1"), fn: semverCompare,
			Doc:     "Compares two versions by the rules of semver.org; a leading v and missing parts are accepted.",
			Example: `edged.semver.compare("1.10", "1.9.9") --> 1`,
		},
		{
			Name: "edged.semver.satisfies", Params: params(need("version", "string", ""), need("range", "string", "")), Returns: gives("boolean", ""), fn: semverSatisfies,
			Doc:     `Whether a version is in a range such as ">=1.2 <2", "^1.2", "~1.2.3" or "1.x"; "||" separates alternatives.`,
			Example: `edged.semver.satisfies("1.5.0", "^1.2") --> true`,
		},
		{
			Name: "edged.semver.valid", Params: params(need("text", "string", "")), Returns: gives("boolean", ""), fn: semverValid,
			Doc: "Whether a text is a version.", Example: `edged.semver.valid(ev.image.tag or "")`,
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
