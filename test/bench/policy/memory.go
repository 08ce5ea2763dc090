package main

import "runtime"

// idleMemory measures what a script holds between events.
func idleMemory() error {
	const scripts = 100
	before := heap()
	set, err := loaded(scripts)
	if err != nil {
		return err
	}
	row("memory of an idle script", float64(heap()-before)/scripts/1024, "KiB")
	runtime.KeepAlive(set)
	return nil
}

// heap is what is alive on it, in bytes.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first has only set free
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
