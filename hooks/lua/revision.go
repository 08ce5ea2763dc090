package lua

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// Revision names the set by its content: twelve hexadecimal digits that change
// when any file does, libraries included. It is empty for no scripts.
func (s *Set) Revision() string {
	if s.Empty() {
		return ""
	}
	sum := sha256.New()
	sums := s.Sums()
	for _, file := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintln(sum, file, sums[file])
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// Sums returns the SHA-256 of every file, libraries included, by name.
func (s *Set) Sums() map[string]string {
	sums := map[string]string{}
	for _, sc := range s.scripts {
		sums[sc.info.File] = sc.info.SHA256
	}
	for _, lib := range s.libs {
		sums[lib.info.File] = lib.info.SHA256
	}
	return sums
}
