//go:build !race

package vm

// programs is how many random programs TestSameAsLua compares by default.
const programs = 10_000

const raceEnabled = false
