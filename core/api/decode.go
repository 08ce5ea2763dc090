package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"edged/core/request"
)

// decode reads one request and checks it. Its errors name the field.
func decode(body io.Reader) (request.Request, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return request.Request{}, err
	}
	var req request.Request
	if err := strict(data, &req); err != nil {
		if field := faulty[request.Request](data, ""); field != nil {
			err = field
		}
		return request.Request{}, err
	}
	if err := checkID(req.ID); err != nil {
		return request.Request{}, err
	}
	return req, req.Validate()
}

func strict(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("malformed JSON: %w", err)
	}
	if dec.More() {
		return errors.New("malformed JSON: more after the request")
	}
	return nil
}

// faulty finds the field that does not fit into a T, which the library's errors
// name only sometimes: it tries each one alone. Nil: it is none of them.
func faulty[T any](data []byte, prefix string) error {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		alone, err := json.Marshal(map[string]json.RawMessage{name: fields[name]})
		if err != nil {
			return nil
		}
		cause := strict(alone, new(T))
		if cause == nil {
			continue
		}
		if name == "options" && prefix == "" {
			if inner := faulty[request.Options](fields[name], "options."); inner != nil {
				return inner
			}
		}
		return fmt.Errorf("field %s%s: %w", prefix, name, cause)
	}
	return nil
}

// idForm is what may be an id: it becomes part of topics and labels.
const idForm = `^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$`

func checkID(id string) error {
	if ok, err := regexp.MatchString(idForm, id); id != "" && !ok {
		return errors.Join(fmt.Errorf("field id: want at most 128 letters, digits and _.:-, got %q", id), err)
	}
	return nil
}

// badRequest is the HTTP status for an error of [decode].
func badRequest(err error) int {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}
