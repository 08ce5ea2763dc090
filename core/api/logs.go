package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ErrorTrailer is the HTTP trailer that says why a log ended before its end.
const ErrorTrailer = "Edged-Error"

func (s *Server) getLogs(w http.ResponseWriter, r *http.Request) {
	opts, err := parseLogOptions(r.URL.Query())
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Trailer", ErrorTrailer)
	out := newStream(w)
	err = s.backend.Logs(r.Context(), out, r.PathValue("name"), opts)
	if err == nil {
		return
	}
	if out.begun {
		w.Header().Set(ErrorTrailer, strconv.Quote(err.Error()))
		return
	}
	w.Header().Del("Trailer")
	writeError(w, statusOf(err), err)
}

func parseLogOptions(q url.Values) (LogOptions, error) {
	var o LogOptions
	var err error
	for name, values := range q {
		value := values[0]
		switch name {
		case "tail":
			o.Tail, err = strconv.Atoi(value)
			if o.Tail < 0 {
				err = fmt.Errorf("want 0 or more, got %d", o.Tail)
			}
		case "since":
			o.Since, err = time.Parse(time.RFC3339Nano, value)
		case "until":
			o.Until, err = time.Parse(time.RFC3339Nano, value)
		case "follow":
			o.Follow, err = strconv.ParseBool(value)
		case "timestamps":
			o.Timestamps, err = strconv.ParseBool(value)
		case "details":
			o.Details, err = strconv.ParseBool(value)
		default:
			err = errors.New("unknown")
		}
		if err != nil {
			return o, fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	return o, nil
}

// Query is the form of the options in a URL.
func (o LogOptions) Query() url.Values {
	q := url.Values{}
	if o.Tail > 0 {
		q.Set("tail", strconv.Itoa(o.Tail))
	}
	if !o.Since.IsZero() {
		q.Set("since", o.Since.Format(time.RFC3339Nano))
	}
	if !o.Until.IsZero() {
		q.Set("until", o.Until.Format(time.RFC3339Nano))
	}
	if o.Follow {
		q.Set("follow", "true")
	}
	if o.Timestamps {
		q.Set("timestamps", "true")
	}
	if o.Details {
		q.Set("details", "true")
	}
	return q
}
