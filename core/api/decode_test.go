package api

import (
	"bytes"
	"testing"
)

// FuzzDecode: whatever the bytes, a request that comes through is one that the
// backend may see.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"op":"pull","image":"a"}`, `{"op":"update","container":"web","options":{"env":["A=b"],"health_gate":"1m"}}`,
		`{"op":"stop","container":"web","options":{"stop_timeout":1e300}}`, `{"OP":"stop","container":"a","id":"\u0000"}`, `[[[[`, `{"options":{"options":{}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		if err := req.Validate(); err != nil {
			t.Errorf("%q came through: %v", data, err)
		}
		if err := checkID(req.ID); err != nil {
			t.Errorf("%q came through: %v", data, err)
		}
	})
}
