package config

import "strings"

// suggest completes "unknown ..." with the known name that was meant, if one is
// near enough.
func suggest(problem, name string, known []string) string {
	if best := nearest(name, known); best != "" {
		return problem + "; did you mean " + best + "?"
	}
	return problem
}

// nearest is the known name that takes the fewest changes to name, or the only
// one that ends in its last word; empty if neither is near.
func nearest(name string, known []string) string {
	best, fewest := "", max(2, len(name)/4)+1
	for _, k := range known {
		if n := distance(name, k); n < fewest {
			best, fewest = k, n
		}
	}
	if best != "" {
		return best
	}
	last := "." + name[strings.LastIndex(name, ".")+1:]
	for _, k := range known {
		if !strings.HasSuffix(k, last) {
			continue
		}
		if best != "" {
			return ""
		}
		best = k
	}
	return best
}

// distance counts the bytes to insert, delete or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
