package lua

import (
	"slices"

	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func deviceEntries() []Entry {
	return []Entry{
		{
			Name: "edged.device", Returns: gives("edged.Device", ""), value: vm.Dynamic("edged.device", deviceField), Where: Hooks,
			Doc:     "The device as it was when the event was asked about; the same as ev.device.",
			Example: `if edged.device.disk_free < 200e6 then return edged.defer("1h", "the disk is nearly full") end`,
		},
		{
			Name: "edged.containers.list", Returns: gives("edged.Container[]", "ordered by name"), fn: containersList, Where: Hooks,
			Doc:     "All containers that edged looks after, as they were when the script first looked.",
			Example: `for _, c in ipairs(edged.containers.list()) do edged.log(c.name .. " " .. c.state) end`,
		},
		{
			Name: "edged.containers.get", Params: params(need("name", "string", "")), Returns: gives("edged.Container?", ""), fn: containersGet, Where: Hooks,
			Doc:     "The container of a name.",
			Example: `local canary = edged.containers.get("web-canary")`,
		},
		{
			Name: "edged.rollout", Params: params(need("percent", "number", "0 to 100"), need("key", "string", "what is rolled out")), Returns: gives("boolean", ""), fn: rollout, Where: Hooks,
			Doc:     "Whether this device is among the first so many percent of all. The same device always gets the same answer for a key, and stays in when the percentage grows.",
			Example: `if not edged.rollout(10, ev.image.ref) then return edged.defer("6h", "not yet") end`,
		},
	}
}

// deviceField returns a field of the device, for edged.device.NAME.
func deviceField(l *glua.LState) int {
	h := duringEvent(l, "edged.device")
	if h.device == nil {
		h.device = deviceTable(h.look())
	}
	name, _ := vm.Arg(l, 2).(glua.LString)
	v := h.device.RawGet(name)
	if v == glua.LNil {
		checkName(l, string(name), deviceNames(), "field of edged.device")
	}
	l.Push(v)
	return 1
}

func deviceNames() []string {
	var names []string
	for _, f := range deviceFields() {
		names = append(names, f.Name)
	}
	return names
}

func deviceTable(d hooks.Device) *glua.LTable {
	t := newTable(16)
	t.text("id", d.ID)
	t.text("arch", d.Arch)
	t.text("os", d.OS)
	t.set("disk_free", glua.LNumber(d.DiskFree))
	t.set("disk_total", glua.LNumber(d.DiskTotal))
	t.set("mem_free", glua.LNumber(d.MemFree))
	t.set("mem_total", glua.LNumber(d.MemTotal))
	t.set("load1", glua.LNumber(d.Load1))
	t.set("uptime", glua.LNumber(d.Uptime))
	t.known("temp", d.Temp)
	power := newTable(2)
	power.text("source", d.Power.Source)
	power.known("percent", d.Power.Percent)
	t.set("power", power.LTable)
	net := newTable(3)
	net.set("online", glua.LBool(d.Net.Online))
	net.text("link", d.Net.Link)
	net.knownBool("metered", d.Net.Metered)
	t.set("net", net.LTable)
	t.knownBool("clock_synced", d.ClockSynced)
	return t.LTable
}

// known sets a number that the device may not know.
func (t table) known(key string, n *float64) {
	if n != nil {
		t.set(key, glua.LNumber(*n))
	}
}

func (t table) knownBool(key string, b *bool) {
	if b != nil {
		t.set(key, glua.LBool(*b))
	}
}

// containersList returns every container, as they were when the event was asked
// about.
func containersList(l *glua.LState) int {
	all := duringEvent(l, "edged.containers.list").all()
	vm.Charge(l, 20*len(all))
	list := vm.NewTable(len(all), 0)
	for i := range all {
		list.RawSetInt(i+1, containerTable(&all[i]))
	}
	l.Push(list)
	return 1
}

func containersGet(l *glua.LState) int {
	all, name := duringEvent(l, "edged.containers.get").all(), vm.StringArg(l, 1)
	vm.Charge(l, 20+len(all))
	i := slices.IndexFunc(all, func(c hooks.Container) bool { return c.Name == name })
	if i < 0 {
		l.Push(glua.LNil)
		return 1
	}
	l.Push(containerTable(&all[i]))
	return 1
}
