//go:build race

package vm

// programs is how many random programs TestSameAsLua compares by default; the
// race detector makes them ten times as slow.
const programs = 500

const raceEnabled = true
