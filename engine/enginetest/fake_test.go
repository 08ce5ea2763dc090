package enginetest_test

import (
	"testing"

	"edged/engine/enginetest"
)

// TestFake runs the suite on the fake: it keeps the same promises as real engines.
func TestFake(t *testing.T) {
	enginetest.Run(t, enginetest.NewFake(t).Target(t))
}

func TestFakePrivate(t *testing.T) {
	enginetest.RunPrivate(t, enginetest.NewFake(t).Target(t))
}
