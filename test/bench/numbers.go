package main

import (
	"fmt"
	"slices"
	"time"
)

// numbers are the values of one measurement, in one unit.
type numbers []float64

func (n *numbers) ms(d time.Duration) { *n = append(*n, float64(d.Microseconds())/1000) }

func (n numbers) median() float64 {
	sorted := slices.Sorted(slices.Values(n))
	return sorted[len(sorted)/2]
}

// row prints a measurement.
func row(what, unit string, n numbers) {
	fmt.Printf("%-58s %9.2f %-3s (%.2f to %.2f, %d times)\n", what, n.median(), unit, slices.Min(n), slices.Max(n), len(n))
}
