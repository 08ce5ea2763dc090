package device

import "syscall"

// Of adjtimex(2).
const (
	timeError  = 5      // TIME_ERROR: the clock is not synchronised
	statUnsync = 0x0040 // STA_UNSYNC
)

// clockSynced reports whether the kernel says that somebody sets the clock; nil if
// it does not tell.
func clockSynced() *bool {
	var t syscall.Timex
	state, err := syscall.Adjtimex(&t)
	if err != nil {
		return nil
	}
	synced := state != timeError && t.Status&statUnsync == 0
	return &synced
}
