//go:build !race

package luatest

const slower = 5 // a busy machine
