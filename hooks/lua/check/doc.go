// Package check reads policy scripts as their author's editor would: it finds what
// loading them finds, and beyond that what would go wrong only when a hook is
// called, or silently would not. It needs neither engine nor broker nor rights.
package check
