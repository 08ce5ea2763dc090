package lua

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Revision names the set by its content: twelve hexadecimal digits that change
// when any file does. It is empty for no scripts.
func (s *Set) Revision() string {
	if s.Empty() {
		return ""
	}
	sum := sha256.New()
	for _, info := range s.Scripts() {
		fmt.Fprintln(sum, info.File, info.SHA256)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}
