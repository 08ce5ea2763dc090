package lab

import (
	"flag"
	"strconv"
)

// SideBySide lets n tests of a package run at a time, unless the command line says how many: they spend their time waiting
// for engines. It is for TestMain.
func SideBySide(n int) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(n))
	}
}
