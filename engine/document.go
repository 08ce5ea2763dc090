package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
)

// document is one JSON object as an engine sent it. A clone works on documents and not on the Docker module's types,
// because a field of a newer engine that the module doesn't know would be lost in a type.
type document map[string]any

// parseDocument keeps numbers as they were written: a byte count doesn't fit into a float.
func parseDocument(data []byte) (document, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var d document
	if err := decoder.Decode(&d); err != nil {
		return nil, fmt.Errorf("decode answer of engine: %w", err)
	}
	return d, nil
}

// readDocument reads the JSON object of an answer and closes it. An answer without a body is an empty document.
func readDocument(resp *http.Response) (document, error) {
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read answer of engine: %w", err)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return document{}, nil
	}
	return parseDocument(data)
}

// asDocument turns a value of the Docker module into a document.
func asDocument(v any) (document, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return parseDocument(data)
}

// into fills a value of the Docker module from the document.
func (d document) into(v any) error {
	data, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	return json.Unmarshal(data, v)
}

// object is the object at the end of a path, nil if there is none. Reading a nil document is allowed.
func (d document) object(path ...string) document {
	for _, key := range path {
		switch v := d[key].(type) {
		case map[string]any:
			d = v
		case document:
			d = v
		default:
			return nil
		}
	}
	return d
}

// text is the string under key, "" if there is none.
func (d document) text(key string) string {
	s, _ := d[key].(string)
	return s
}

// flag is the boolean under key, false if there is none.
func (d document) flag(key string) bool {
	b, _ := d[key].(bool)
	return b
}

// number is the whole number under key, 0 if there is none.
func (d document) number(key string) int64 {
	switch n := d[key].(type) {
	case json.Number:
		v, _ := n.Int64()
		return v
	case float64:
		return int64(n)
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

// texts is the list of strings under key; entries that aren't strings are left out.
func (d document) texts(key string) []string {
	if list, ok := d[key].([]string); ok {
		return list
	}
	list, _ := d[key].([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// objects is the list of objects under key.
func (d document) objects(key string) []document {
	list, _ := d[key].([]any)
	var out []document
	for _, v := range list {
		if o, ok := v.(map[string]any); ok {
			out = append(out, o)
		}
	}
	return out
}

// section is the object under key for writing: it is made when it isn't there.
func (d document) section(key string) document {
	if o := d.object(key); o != nil {
		return o
	}
	o := map[string]any{}
	d[key] = o
	return o
}

// copy is a deep copy.
func (d document) copy() document {
	out := maps.Clone(d)
	for key, v := range out {
		out[key] = copyValue(v)
	}
	return out
}

func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return map[string]any(document(v).copy())
	case document:
		return map[string]any(v.copy())
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = copyValue(v[i])
		}
		return out
	}
	return v
}

// empty reports whether a JSON value says no more than an absent one: null, false, 0, "", [] and {}.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case json.Number:
		return v == "0"
	}
	value := reflect.ValueOf(v)
	switch value.Kind() {
	case reflect.Map, reflect.Slice:
		return value.Len() == 0
	}
	return value.IsZero()
}

// same compares two JSON values; an empty one equals an absent one.
func same(a, b any) bool {
	return empty(a) && empty(b) || reflect.DeepEqual(a, b)
}
