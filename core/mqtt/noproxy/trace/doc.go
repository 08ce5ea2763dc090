// Package trace is empty: tests of libraries of libraries name it, and go mod tidy looks for it.
package trace
