package lua

import (
	"encoding/json"
	"math"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func kvEntries(c *jsonCodec) []Entry {
	key := need("key", "string", "1 to 128 bytes")
	ttl := may("ttl", "edged.Duration", "how long it is kept; else until it is deleted")
	return []Entry{
		{
			Name: "edged.kv.get", Params: params(key, may("default", "any", "")), Returns: gives("any", "the value, or the default"), fn: kvGet(c), Where: Hooks,
			Doc:     "Reads what the script has kept. Each script has values of its own.",
			Example: `local tries = edged.kv.get("tries:" .. ev.container.name, 0)`,
		},
		{
			Name: "edged.kv.set", Params: params(key, need("value", "any", "what JSON can have, 4 KiB at most"), ttl), fn: kvSet(c), Where: Hooks,
			Doc:     "Keeps a value over events and reboots. It is written only if the hook ends well. 256 keys and 64 KiB for each script.",
			Example: `edged.kv.set("locked", true, "1h")`,
		},
		{
			Name: "edged.kv.delete", Params: params(key), Returns: gives("boolean", "whether it was there"), fn: kvDelete, Where: Hooks,
			Doc: "Takes a value away.", Example: `edged.kv.delete("locked")`,
		},
		{
			Name: "edged.kv.incr", Params: params(key, may("by", "number", "else 1"), ttl), Returns: gives("number", "the sum"), fn: kvIncr(c), Where: Hooks,
			Doc:     "Adds to a number; one that is not there counts as 0. Without a ttl, that of the value stays.",
			Example: `if edged.kv.incr("crashes", 1, "1h") > 3 then return edged.stop() end`,
		},
		{
			Name: "edged.kv.list", Params: params(may("prefix", "string", "")), Returns: gives("string[]", "sorted"), fn: kvList, Where: Hooks,
			Doc: "Lists the keys that begin with a text, or all.", Example: `for _, key in ipairs(edged.kv.list("tries:")) do edged.kv.delete(key) end`,
		},
	}
}

// kvOf opens what the running script keeps.
func kvOf(l *glua.LState, name string) *kvView {
	h := duringEvent(l, name)
	vm.Charge(l, 20)
	if err := h.kv.open(); err != nil {
		vm.Fail(l, "edged.kv: %v", err)
	}
	return h.kv
}

func kvKey(l *glua.LState, n int) string {
	key := vm.StringArg(l, n)
	if key == "" || len(key) > hooks.KVKey {
		vm.BadArg(l, n, "a key is a text of 1 to %d bytes", hooks.KVKey)
	}
	return key
}

func kvGet(c *jsonCodec) glua.LGFunction {
	return func(l *glua.LState) int {
		v := kvOf(l, "edged.kv.get")
		e, ok := v.get(kvKey(l, 1))
		if !ok {
			l.Push(vm.Arg(l, 2))
			return 1
		}
		l.Push(c.parse(l, e.Value))
		return 1
	}
}

func kvSet(c *jsonCodec) glua.LGFunction {
	return func(l *glua.LState) int {
		v, key := kvOf(l, "edged.kv.set"), kvKey(l, 1)
		if vm.AnyArg(l, 2) == glua.LNil {
			vm.BadArg(l, 2, "nil can't be kept; edged.kv.delete takes a key away")
		}
		kvPut(l, v, key, &hooks.KVEntry{Value: c.text(l, vm.Arg(l, 2))}, 3)
		return 0
	}
}

// kvPut keeps an entry until the duration in argument n has passed, if there is one.
func kvPut(l *glua.LState, v *kvView, key string, e *hooks.KVEntry, n int) {
	if vm.Arg(l, n) != glua.LNil {
		e.Expires = v.session.reads.Time.Add(durationArg(l, n, vm.Arg(l, n))).UTC()
	}
	if err := v.put(key, e); err != nil {
		vm.Fail(l, "edged.kv: %v", err)
	}
}

func kvDelete(l *glua.LState) int {
	v, key := kvOf(l, "edged.kv.delete"), kvKey(l, 1)
	_, was := v.get(key)
	if was {
		v.put(key, nil) //nolint:errcheck // less is always allowed
	}
	l.Push(glua.LBool(was))
	return 1
}

// kvIncr adds to a number. The time to live of one that is there stays as it is
// unless another is given.
func kvIncr(c *jsonCodec) glua.LGFunction {
	return func(l *glua.LState) int {
		v, key := kvOf(l, "edged.kv.incr"), kvKey(l, 1)
		by := 1.0
		if vm.Arg(l, 2) != glua.LNil {
			by = vm.NumberArg(l, 2)
		}
		e, ok := v.get(key)
		sum := by
		if ok {
			n, isNumber := c.parse(l, e.Value).(glua.LNumber)
			if !isNumber {
				vm.Fail(l, "edged.kv: the value of '%.32s' is no number", key)
			}
			sum += float64(n)
		}
		if math.IsNaN(sum) || math.IsInf(sum, 0) {
			vm.Fail(l, "edged.kv: %s can't be kept", vm.FormatNumber(sum))
		}
		e.Value = c.text(l, glua.LNumber(sum))
		kvPut(l, v, key, &e, 3)
		l.Push(glua.LNumber(sum))
		return 1
	}
}

func kvList(l *glua.LState) int {
	v := kvOf(l, "edged.kv.list")
	keys := v.list(vm.OptString(l, 1, ""))
	vm.Charge(l, 2*len(keys))
	l.Push(listTable(keys))
	return 1
}

// parse reads what text has written.
func (c *jsonCodec) parse(l *glua.LState, text string) glua.LValue {
	vm.Charge(l, len(text)/4)
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		vm.Fail(l, "edged.kv: a value is damaged: %v", err)
	}
	return c.lua(l, v, 0)
}
