// Package hooks is the contract between edged and policy scripts: what a
// script sees ([Event]), what one hook answers ([Answer]) and what all
// answers together mean ([Decision]).
//
// The package knows neither engines nor the script language. Everything in it
// is plain data that survives a round trip through JSON, so that an event can
// be recorded, replayed and tested without a device.
package hooks
