// Package lab is the private laboratory of the tests: real container engines, an MQTT broker and image registries,
// started on sockets, ports and folders of their own, beside whatever the machine already runs, and removed without a
// trace. It needs root on Linux, and the packages of install.sh.
//
// Most tests use the one lab that `make lab` (or cmd/lab) started: [Shared] finds it by the environment. A test that
// kills or freezes an engine or a broker starts its own with [NewFolder] and [StartDocker], [StartPodman],
// [StartMosquitto] or [StartRegistry], which takes a few hundred milliseconds each.
//
// The values of this package are for one goroutine at a time, except where they say otherwise.
package lab
