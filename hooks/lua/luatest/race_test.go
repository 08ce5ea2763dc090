//go:build race

package luatest

const slower = 20 // the race detector
