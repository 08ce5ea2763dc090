package lua

import (
	"crypto/sha256"
	"encoding/binary"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

// rollout reports whether this device is among the first so many percent of all
// devices for a key. It gives the same answer each time, and a device that is among
// the first 10 % is among the first 20 %, too.
func rollout(l *glua.LState) int {
	h := duringEvent(l, "edged.rollout")
	percent, key := vm.NumberArg(l, 1), vm.StringArg(l, 2)
	if !(percent >= 0 && percent <= 100) {
		vm.BadArg(l, 1, "a percentage from 0 to 100 expected")
	}
	id := h.look().ID
	if id == "" {
		vm.Fail(l, "edged.rollout: the device has no id")
	}
	vm.Charge(l, 20+len(key)/16)
	l.Push(glua.LBool(place(id, key) < percent))
	return 1
}

// place is where a device stands for a key, from 0 to below 100.
func place(id, key string) float64 {
	sum := sha256.Sum256([]byte(id + "\x00" + key))
	return float64(binary.BigEndian.Uint32(sum[:])) / (1 << 32) * 100
}
