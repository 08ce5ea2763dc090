// Package luatest runs the tests of policy scripts: files named *_test.lua whose
// functions test_* play events against the scripts and expect answers. Each test
// has scripts, clock, device, files and memory of its own, so that it gives the
// same result on every machine and in any order. It needs neither engine nor
// broker nor rights.
package luatest
