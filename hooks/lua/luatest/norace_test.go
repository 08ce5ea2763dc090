//go:build !race

package luatest

const slower = 1
