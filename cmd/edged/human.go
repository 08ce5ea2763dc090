package main

import (
	"fmt"
	"io"

	"edged/core/request"
)

// human is the reporter for people: one line on a terminal that is drawn anew
// with each step, or a line for each step worth one.
type human struct {
	out, steps io.Writer
	columns    int // of the terminal; 0: none
	step       string
	tenth      int  // of the bytes, last told
	drawn      bool // the cursor is behind a line of ours
}

func (h *human) progress(p request.Progress) {
	text := stepText(p)
	if h.columns > 0 {
		fmt.Fprintf(h.steps, "\r%s\x1b[K", clip(text, h.columns-1))
		h.drawn = true
		return
	}
	if h.worthALine(p) {
		fmt.Fprintln(h.steps, text)
	}
}

// worthALine lets through the first line of a step, and then one for each tenth
// of the bytes, or any new text where no bytes are counted.
func (h *human) worthALine(p request.Progress) bool {
	step, tenth := p.Step, int(p.Percent/10)
	if p.Total == 0 {
		step, tenth = p.Step+" "+p.Text, 0
	}
	told := h.step == step && h.tenth >= tenth
	h.step, h.tenth = step, tenth
	return !told
}

func (h *human) result(r request.Result) {
	h.end()
	for _, line := range resultLines(r) {
		fmt.Fprintln(h.out, line)
	}
}

// end clears the line that was drawn.
func (h *human) end() {
	if h.drawn {
		fmt.Fprint(h.steps, "\r\x1b[K")
		h.drawn = false
	}
}

func clip(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:width])
}

// stepText is a step in words.
func stepText(p request.Progress) string {
	switch {
	case p.Total > 0:
		return fmt.Sprintf("%s %3.0f %% (%s of %s)", p.Step, p.Percent, megabytes(p.Bytes), megabytes(p.Total))
	case p.Text != "":
		return p.Step + ": " + p.Text
	default:
		return p.Step
	}
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
