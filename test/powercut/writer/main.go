// Command writer writes documents as edged does, one version after the other, until it is killed, and says on standard
// output "NAME VERSION" each time one is on the disk for good.
package main

import (
	"fmt"
	"os"
	"strings"

	"edged/core/state"
)

// Document is what is written. Its text is of another length each time.
type Document struct {
	Version int
	Text    string
}

func main() {
	names := []string{"one", "two"}
	for version := 1; ; version++ {
		for _, name := range names {
			document := Document{version, strings.Repeat("edged ", version*37%2000)}
			if err := state.New(os.Args[1], name).Write(document); err != nil {
				fmt.Fprintln(os.Stderr, "writer:", err)
				os.Exit(1)
			}
			fmt.Println(name, version)
		}
	}
}
