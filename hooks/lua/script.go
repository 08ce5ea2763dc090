package lua

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

// A script is one compiled file.
type script struct {
	info  ScriptInfo
	chunk *vm.Chunk
	rate  rate // of its MQTT messages
}

func loadScript(name, path string) (*script, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: read script: %w", name, err)
	}
	chunk, err := vm.Compile(name, string(source))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(source)
	return &script{
		info:  ScriptInfo{File: name, Folder: filepath.Dir(path), SHA256: hex.EncodeToString(sum[:])},
		chunk: chunk,
	}, nil
}

// wants reports whether a hook of the script is registered for an event at a
// stage.
func (sc *script) wants(ev hooks.Event, mutate bool) bool {
	for _, k := range sc.info.Hooks {
		if k.matches(ev, mutate) {
			return true
		}
	}
	return false
}

func (k HookInfo) matches(ev hooks.Event, mutate bool) bool {
	return k.Phase == ev.Phase && k.Name == ev.Op && k.Mutate == mutate
}
