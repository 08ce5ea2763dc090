package enginetest

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"
)

// These are the ways in which a [Fake] can be told to misbehave, for [Fake.Break].

// Saying answers 200 with the text and nothing else: half of a JSON value, a web page, nothing at all.
func Saying(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// Refusing answers with the status and a text, as an engine does that fails inside.
func Refusing(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { respond(w, nil, refuse(code, "%s", text)) }
}

// Hang takes the request and never answers.
func Hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// Reset begins an answer with the text and closes the connection, as an engine does that is killed.
func Reset(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, text)
		flush(w)
		panic(http.ErrAbortHandler)
	}
}

// Endless answers with the text and then one line without an end, until the client leaves or has taken limit bytes. It
// adds what the client took to taken.
func Endless(text string, limit int64, taken *atomic.Int64) http.HandlerFunc {
	part := bytes.Repeat([]byte("x"), 64<<10)
	return func(w http.ResponseWriter, _ *http.Request) {
		_, err := io.WriteString(w, text)
		for sent := int64(0); err == nil && sent < limit; sent += int64(len(part)) {
			_, err = w.Write(part)
			taken.Add(int64(len(part)))
		}
	}
}
