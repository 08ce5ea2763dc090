package lua

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks/lua/vm"
)

func jsonEntries(c *jsonCodec) []Entry {
	return []Entry{
		{
			Name: "edged.json.encode", Params: params(need("value", "any", "")), Returns: gives("string", ""), fn: c.encode,
			Doc:     "Writes JSON, fields sorted by name. An empty table is {}; for [] see edged.json.array.",
			Example: `edged.json.encode({ a = 1 }) --> {"a":1}`,
		},
		{
			Name: "edged.json.decode", Params: params(need("text", "string", "")), Returns: orError("any", ""), fn: c.decode,
			Doc:     "Reads JSON. null becomes edged.json.null, so that no field is lost.",
			Example: `local value, err = edged.json.decode(ev.payload)`,
		},
		{
			Name: "edged.json.array", Params: params(need("table", "table", "")), Returns: gives("table", "the same"), fn: c.markArray,
			Doc:     "Marks a table as an array, so that it is written as one even when empty.",
			Example: `edged.json.encode(edged.json.array({})) --> []`,
		},
		{Name: "edged.json.null", Returns: gives("userdata", ""), value: c.null, Doc: "What null is read as and written from."},
	}
}

// jsonCodec keeps apart what JSON keeps apart and Lua does not.
type jsonCodec struct {
	null  *glua.LUserData
	array *glua.LTable // metatable of tables that are arrays
}

func newJSONCodec() *jsonCodec {
	c := &jsonCodec{null: &glua.LUserData{Metatable: glua.LNil}, array: &glua.LTable{Metatable: glua.LNil}}
	c.array.RawSetString("__metatable", glua.LString("array"))
	return c
}

const maxJSONDepth = 32

// maxJSONValues is how many values a document may have, at the most.
const maxJSONValues = 1 << 15

func (c *jsonCodec) markArray(l *glua.LState) int {
	t := vm.TableArg(l, 1)
	if t.Metatable != glua.LNil && t.Metatable != c.array {
		vm.BadArg(l, 1, "the table has a metatable")
	}
	t.Metatable = c.array
	l.Push(t)
	return 1
}

func (c *jsonCodec) encode(l *glua.LState) int {
	l.Push(glua.LString(c.text(l, vm.AnyArg(l, 1))))
	return 1
}

// text writes a value as JSON.
func (c *jsonCodec) text(l *glua.LState, v glua.LValue) string {
	w := jsonWriter{l: l, codec: c}
	w.value(v, 0)
	return w.out.String()
}

type jsonWriter struct {
	l     *glua.LState
	codec *jsonCodec
	out   strings.Builder
}

func (w *jsonWriter) value(v glua.LValue, depth int) {
	vm.Charge(w.l, 1)
	if depth > maxJSONDepth {
		vm.Fail(w.l, "json: more than %d tables within tables, or one within itself", maxJSONDepth)
	}
	switch v := v.(type) {
	case glua.LBool:
		w.raw(v.String())
	case glua.LNumber:
		w.number(float64(v))
	case glua.LString:
		w.text(string(v))
	case *glua.LTable:
		w.table(v, depth)
	default:
		if v == glua.LValue(w.codec.null) || v == glua.LNil {
			w.raw("null")
			return
		}
		vm.Fail(w.l, "json: can't write a %s", v.Type())
	}
}

// raw appends text within the limit for strings.
func (w *jsonWriter) raw(s string) {
	vm.CheckLen(w.l, w.out.Len()+len(s))
	w.out.WriteString(s)
}

func (w *jsonWriter) number(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		vm.Fail(w.l, "json: can't write %s", vm.FormatNumber(f))
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		w.raw(strconv.FormatInt(int64(f), 10))
		return
	}
	w.raw(strconv.FormatFloat(f, 'g', -1, 64))
}

func (w *jsonWriter) text(s string) {
	vm.Charge(w.l, len(s)/16)
	b, err := json.Marshal(s)
	if err != nil {
		vm.Fail(w.l, "json: %v", err)
	}
	w.raw(string(b))
}

func (w *jsonWriter) table(t *glua.LTable, depth int) {
	n := t.Len()
	if n > 0 || t.Metatable == w.codec.array {
		w.arrayOf(t, n, depth)
		return
	}
	var keys []string
	eachField(w.l, t, func(key string, _ glua.LValue) { keys = append(keys, key) })
	slices.Sort(keys)
	w.raw("{")
	for i, k := range keys {
		if i > 0 {
			w.raw(",")
		}
		w.text(k)
		w.raw(":")
		w.value(t.RawGetString(k), depth+1)
	}
	w.raw("}")
}

func (w *jsonWriter) arrayOf(t *glua.LTable, n, depth int) {
	if k, _ := t.Next(glua.LNumber(n)); k != glua.LNil {
		vm.Fail(w.l, "json: a table is an array or has named fields, not both; this one has the key %s", k)
	}
	w.raw("[")
	for i := 1; i <= n; i++ {
		if i > 1 {
			w.raw(",")
		}
		w.value(t.RawGetInt(i), depth+1)
	}
	w.raw("]")
}

func (c *jsonCodec) decode(l *glua.LState) int {
	text := vm.StringArg(l, 1)
	vm.Charge(l, len(text)/4)
	if jsonValues(text) > maxJSONValues {
		return failWith(l, "json: more than "+strconv.Itoa(maxJSONValues)+" values")
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return failWith(l, "json: "+err.Error())
	}
	l.Push(c.lua(l, v, 0))
	return 1
}

// jsonValues counts the values of a document by what separates them: many small ones take many times the memory of
// their text, which must be known before they are read.
func jsonValues(text string) int {
	n, quoted := 1, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '{' || c == '['):
			n++
		}
	}
	return n
}

func (c *jsonCodec) lua(l *glua.LState, v any, depth int) glua.LValue {
	vm.Charge(l, 1)
	if depth > maxJSONDepth {
		vm.Fail(l, "json: more than %d values within values", maxJSONDepth)
	}
	switch v := v.(type) {
	case bool:
		return glua.LBool(v)
	case float64:
		return glua.LNumber(v)
	case string:
		return glua.LString(v)
	case []any:
		t := vm.NewTable(len(v), 0)
		t.Metatable = c.array
		for i, e := range v {
			t.RawSetInt(i+1, c.lua(l, e, depth+1))
		}
		return t
	case map[string]any:
		return c.object(l, v, depth)
	}
	return c.null
}

func (c *jsonCodec) object(l *glua.LState, m map[string]any, depth int) *glua.LTable {
	t := vm.NewTable(0, len(m))
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		t.RawSetString(k, c.lua(l, m[k], depth+1))
	}
	return t
}
