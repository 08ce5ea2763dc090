package vm

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// Names returns every name that programs have beside those of the host, such as
// pairs and string.format, sorted.
func Names() []string {
	names := []string{"_G"}
	for name, v := range library() {
		names = append(names, name)
		t, ok := v.(*lua.LTable)
		if !ok {
			continue
		}
		fields, _ := underlying(t)
		fields.ForEach(func(k, _ lua.LValue) { names = append(names, name+"."+k.String()) })
	}
	slices.Sort(names)
	return names
}
