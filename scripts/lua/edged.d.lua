---@meta edged
-- What policy scripts and their tests find, for editors. Written by edged; don't edit.

---@alias edged.Duration number|string # seconds, or text such as "90s", "1h30m", "2d"
---@alias edged.Op "pull"|"create"|"update"|"rollback"|"remove"|"prune"|"command"|"start"|"restart"|"stop"|"recover"
---@alias edged.Notice "health"|"exit"|"oom"|"crash_loop"|"drift"|"boot"|"shutdown"|"connected"|"disconnected"|"network"

---What a hook returns: edged.allow and its like make one.
---@class edged.Answer

---What a hook wants done: edged.restart and its like make one.
---@class edged.Action

---What a hook sees: a table of its own.
---@class edged.Event
---@field id string # of the request, or of the notice
---@field phase "before"|"after"|"on"
---@field op edged.Op|edged.Notice # the operation, or the notice
---@field ts number # when it happened, in seconds since 1970, UTC
---@field attempt integer # how often this was asked before
---@field deferred_for number # since this was first asked, in seconds
---@field trigger? "command"|"policy"|"timer"|"engine" # what made edged consider it
---@field actor? string # cli, mqtt or a script's name
---@field dry_run boolean # nothing will be done, whatever the answer
---@field container? edged.Container # the one that it is about; of a pull, that it is for
---@field image? edged.Image # the image that is wanted; of a notice, that runs
---@field device edged.Device # when the event was asked about

---A container.
---@class edged.Container
---@field name string
---@field id? string
---@field state? "created"|"running"|"paused"|"restarting"|"exited"|"dead" # the engine's word
---@field health? "healthy"|"unhealthy"|"starting" # nil without a health check
---@field image? string # the reference that it was created with
---@field restarts? integer # by the engine's restart policy; nil in edged.containers
---@field exit_code integer
---@field oom boolean # killed for memory
---@field started_at? number # seconds since 1970, UTC
---@field labels table<string, string>
---@field group? string # compose project
---@field service? string # compose service

---An image reference, taken apart, and what is known of the image.
---@class edged.Image
---@field ref string # as it was asked for
---@field registry string # docker.io where none is named
---@field repository string # such as library/nginx
---@field tag? string # latest where there is neither tag nor digest
---@field digest? string
---@field size? integer # of what the device has under the reference; nil: nothing, in bytes
---@field arch? string # of the same, such as arm64
---@field signed? boolean # nil where nobody looked: neither engine tells

---What a container is made from: the fields of an image, and these.
---@class edged.Revision
---@field ref string # as it was asked for
---@field registry string # docker.io where none is named
---@field repository string # such as library/nginx
---@field tag? string # latest where there is neither tag nor digest
---@field digest? string
---@field size? integer # of what the device has under the reference; nil: nothing, in bytes
---@field arch? string # of the same, such as arm64
---@field signed? boolean # nil where nobody looked: neither engine tells
---@field env table<string, string>
---@field labels table<string, string>
---@field restart? string # restart policy, such as unless-stopped
---@field memory integer # limit; 0: none, in bytes
---@field cpus number # limit; 0: none, in cores
---@field stop_timeout number # 0: the engine's default, in seconds

---A command that the operator has declared.
---@class edged.Command
---@field name string
---@field args table<string, string>

---The device.
---@class edged.Device
---@field id? string # stable over reboots
---@field arch? string # such as arm64
---@field os? string # name and version
---@field disk_free integer # where images are kept, in bytes
---@field disk_total integer # bytes
---@field mem_free integer # to be had without swapping, in bytes
---@field mem_total integer # bytes
---@field load1 number # load average of a minute
---@field uptime number # seconds
---@field temp? number # of the hottest sensor, in degrees Celsius
---@field power edged.Power
---@field net edged.Net
---@field clock_synced? boolean

---What the device runs on.
---@class edged.Power
---@field source? "mains"|"battery"
---@field percent? number # charge of the battery, in percent

---How the device reaches the world.
---@class edged.Net
---@field online boolean # the broker can be reached
---@field link? "ethernet"|"wifi"|"cellular"|"other" # of the default route; nil without one
---@field metered? boolean # bytes cost money: assumed of cellular links, else nil

---What came of an operation.
---@class edged.Result
---@field outcome? string # a word such as committed
---@field duration_ms integer # the whole operation, in milliseconds

---What edged.modify may change.
---@class edged.Patch

---How a hook is asked.
---@class edged.HookOptions
---@field stage? "mutate" # ask first, and show others what it changes

---What an action is to be done to, and when.
---@class edged.ActionOptions
---@field container? string # name; else the event's
---@field after? edged.Duration # wait this long first
---@field reason? string # for people

---What is to be updated, and when.
---@class edged.UpdateOptions
---@field container? string # name; else the event's
---@field image? string # reference; else the one that it was made from
---@field force? boolean # even if nothing changed
---@field after? edged.Duration # wait this long first
---@field reason? string # for people

---What is to be removed, and when.
---@class edged.PruneOptions
---@field older_than? edged.Duration # only what was made longer ago
---@field after? edged.Duration # wait this long first
---@field reason? string # for people

---An alarm.
---@class edged.Alarm
---@field container? string # name; else the event's
---@field type string # kind of the alarm
---@field text? string # for people; needed unless it is cleared
---@field severity? "critical"|"major"|"minor"|"warning"|"cleared" # else major
---@field after? edged.Duration # wait this long first
---@field reason? string # for people

---What all hooks said together to an event.
---@class edged.Decision
---@field verdict "allow"|"deny"|"defer"
---@field reason? string
---@field delay? number # of a defer, in seconds
---@field patch? edged.Patch # what is changed
---@field actions table[] # what is to be done: op, container, after, reason and so on
---@field answers table[] # of each hook: script, line, verdict, reason, units
---@field failed boolean # a hook failed

---A message that a script published.
---@class edged.Message
---@field topic string
---@field payload string
---@field script string # its file

---What a script is granted.
---@class edged.TestGrants
---@field topics? string[]
---@field paths? string[]
---@field actions? string[]

---@class edged.BeforePull : edged.Event
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforeCreate : edged.Event
---@field desired? edged.Revision # what is to run, as far as that is known without its image
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforeUpdate : edged.Event
---@field current? edged.Revision # what runs now
---@field desired? edged.Revision # what is to run, as far as that is known without its image
---@field changes? string[] # the fields in which they differ
---@field strategy? "replace"|"handover" # how it is replaced
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforeRollback : edged.Event
---@field current? edged.Revision # what runs now
---@field desired? edged.Revision # what is to run, as far as that is known without its image
---@field changes? string[] # the fields in which they differ
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforeRemove : edged.Event
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforePrune : edged.Event
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforeCommand : edged.Event
---@field command? edged.Command # what is run
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforeStart : edged.Event
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforeRestart : edged.Event
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforeStop : edged.Event
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.BeforeRecover : edged.Event
---@field patch? edged.Patch # what earlier hooks changed

---@class edged.AfterPull : edged.Event
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterCreate : edged.Event
---@field desired? edged.Revision # what is to run, as far as that is known without its image
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterUpdate : edged.Event
---@field current? edged.Revision # what runs now
---@field desired? edged.Revision # what is to run, as far as that is known without its image
---@field changes? string[] # the fields in which they differ
---@field strategy? "replace"|"handover" # how it is replaced
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterRollback : edged.Event
---@field current? edged.Revision # what runs now
---@field desired? edged.Revision # what is to run, as far as that is known without its image
---@field changes? string[] # the fields in which they differ
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterRemove : edged.Event
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterPrune : edged.Event
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterCommand : edged.Event
---@field command? edged.Command # what is run
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterStart : edged.Event
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterRestart : edged.Event
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterStop : edged.Event
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.AfterRecover : edged.Event
---@field ok boolean # whether it succeeded
---@field error? string # why it did not
---@field result? edged.Result # what came of it

---@class edged.OnHealth : edged.Event
---@field from? string # the state before
---@field to? string # the state now: healthy, unhealthy or starting; or the interface of the default route
---@field failing_streak integer # failed checks in a row

---@class edged.OnExit : edged.Event
---@field exit_code integer # of the main process
---@field oom boolean # killed for memory

---@class edged.OnOom : edged.Event
---@field exit_code integer # of the main process
---@field oom boolean # killed for memory

---@class edged.OnCrashLoop : edged.Event
---@field exit_code integer # of the main process
---@field oom boolean # killed for memory
---@field exits integer # how often it ended within the window
---@field window number # in which these were counted, in seconds

---@class edged.OnDrift : edged.Event
---@field current? edged.Revision # what runs now
---@field desired? edged.Revision # what is to run, as far as that is known without its image
---@field changes? string[] # the fields in which they differ

---@class edged.OnBoot : edged.Event

---@class edged.OnShutdown : edged.Event

---@class edged.OnConnected : edged.Event

---@class edged.OnDisconnected : edged.Event

---@class edged.OnNetwork : edged.Event
---@field from? string # the state before
---@field to? string # the state now: healthy, unhealthy or starting; or the interface of the default route

---@class edged.OnMqtt : edged.Event
---@field topic string # where the message was sent to
---@field payload string # the message
---@field retained boolean # the broker had kept it

---@class edged.OnTimer : edged.Event
---@field timer string # which timer: FILE#NUMBER

edged = {}

---Refuses to load the file where the daemon does not have this level of the API.
---```lua
---edged.api(1)
---```
---@param level integer
function edged.api(level) end

---Says what the file wants to reach beyond its events: mqtt.publish:TOPIC, file.read:PATH or action:NAME. The file is refused if edged.yaml does not grant it.
---```lua
---edged.needs { "mqtt.publish:alerts/#", "file.read:/run/app/*" }
---```
---@param needs string[]
function edged.needs(needs) end

---Runs a library of the policy folders' lib, once for each event, and gives what it returns. What it does counts as work of the script.
---```lua
---local units = edged.import("lib/units")
---```
---@param name string # such as lib/units
---@return any # what the library returns
function edged.import(name) end

---Asks the function before an operation is done. With { stage = "mutate" } it is asked first, and what it changes is seen by all others.
---```lua
---edged.before("pull", function(ev)
---  if ev.image.registry ~= "registry.example.com" then return edged.deny("only our registry is trusted") end
---end)
---```
---@param op edged.Op
---@param options? edged.HookOptions
---@param fn fun(ev: edged.Event): edged.Answer?
---@overload fun(op: "pull", fn: fun(ev: edged.BeforePull): edged.Answer?)
---@overload fun(op: "create", fn: fun(ev: edged.BeforeCreate): edged.Answer?)
---@overload fun(op: "update", fn: fun(ev: edged.BeforeUpdate): edged.Answer?)
---@overload fun(op: "rollback", fn: fun(ev: edged.BeforeRollback): edged.Answer?)
---@overload fun(op: "remove", fn: fun(ev: edged.BeforeRemove): edged.Answer?)
---@overload fun(op: "prune", fn: fun(ev: edged.BeforePrune): edged.Answer?)
---@overload fun(op: "command", fn: fun(ev: edged.BeforeCommand): edged.Answer?)
---@overload fun(op: "start", fn: fun(ev: edged.BeforeStart): edged.Answer?)
---@overload fun(op: "restart", fn: fun(ev: edged.BeforeRestart): edged.Answer?)
---@overload fun(op: "stop", fn: fun(ev: edged.BeforeStop): edged.Answer?)
---@overload fun(op: "recover", fn: fun(ev: edged.BeforeRecover): edged.Answer?)
function edged.before(op, options, fn) end

---Calls the function when an operation is over, well or not.
---```lua
---edged.after("update", function(ev)
---  if not ev.ok then return edged.alarm { type = "update", text = ev.error } end
---end)
---```
---@param op edged.Op
---@param fn fun(ev: edged.Event): edged.Action?, ...
---@overload fun(op: "pull", fn: fun(ev: edged.AfterPull): edged.Action?)
---@overload fun(op: "create", fn: fun(ev: edged.AfterCreate): edged.Action?)
---@overload fun(op: "update", fn: fun(ev: edged.AfterUpdate): edged.Action?)
---@overload fun(op: "rollback", fn: fun(ev: edged.AfterRollback): edged.Action?)
---@overload fun(op: "remove", fn: fun(ev: edged.AfterRemove): edged.Action?)
---@overload fun(op: "prune", fn: fun(ev: edged.AfterPrune): edged.Action?)
---@overload fun(op: "command", fn: fun(ev: edged.AfterCommand): edged.Action?)
---@overload fun(op: "start", fn: fun(ev: edged.AfterStart): edged.Action?)
---@overload fun(op: "restart", fn: fun(ev: edged.AfterRestart): edged.Action?)
---@overload fun(op: "stop", fn: fun(ev: edged.AfterStop): edged.Action?)
---@overload fun(op: "recover", fn: fun(ev: edged.AfterRecover): edged.Action?)
function edged.after(op, fn) end

---Calls the function when something happened: a notice, or mqtt:TOPIC for messages, where the topic may have + and #.
---```lua
---edged.on("health", function(ev)
---  if ev.to == "unhealthy" then return edged.restart() end
---end)
---```
---@param notice edged.Notice
---@param fn fun(ev: edged.Event): edged.Action?, ...
---@overload fun(notice: "health", fn: fun(ev: edged.OnHealth): edged.Action?)
---@overload fun(notice: "exit", fn: fun(ev: edged.OnExit): edged.Action?)
---@overload fun(notice: "oom", fn: fun(ev: edged.OnOom): edged.Action?)
---@overload fun(notice: "crash_loop", fn: fun(ev: edged.OnCrashLoop): edged.Action?)
---@overload fun(notice: "drift", fn: fun(ev: edged.OnDrift): edged.Action?)
---@overload fun(notice: "boot", fn: fun(ev: edged.OnBoot): edged.Action?)
---@overload fun(notice: "shutdown", fn: fun(ev: edged.OnShutdown): edged.Action?)
---@overload fun(notice: "connected", fn: fun(ev: edged.OnConnected): edged.Action?)
---@overload fun(notice: "disconnected", fn: fun(ev: edged.OnDisconnected): edged.Action?)
---@overload fun(notice: "network", fn: fun(ev: edged.OnNetwork): edged.Action?)
function edged.on(notice, fn) end

---Calls the function again and again, the first time when so long has passed since the start or the load of the scripts. From 10m on, a restart or a reboot in between does not begin it anew.
---```lua
---edged.every("15m", function() if edged.device.disk_free < 200e6 then return edged.prune() end end)
---```
---@param duration edged.Duration # at least a second
---@param fn fun(ev: edged.Event): edged.Action?, ...
function edged.every(duration, fn) end

---Calls the function at the times that cron(8) would.
---```lua
---edged.cron("30 3 * * Mon-Fri", function() return edged.prune() end)
---```
---@param spec string # minute, hour, day of the month, month, day of the week
---@param zone? string # else the device's
---@param fn fun(ev: edged.Event): edged.Action?, ...
function edged.cron(spec, zone, fn) end

---Before: the operation may be done, unless another script denies or defers it.
---```lua
---return edged.allow("signed by us")
---```
---@param reason? string # for people
---@return edged.Answer
function edged.allow(reason) end

---Before: the operation is not done. It outweighs every other answer.
---```lua
---return edged.deny("only our registry is trusted")
---```
---@param reason string # for people
---@return edged.Answer
function edged.deny(reason) end

---Before: not now; ask again after this long. The longest of several counts.
---```lua
---return edged.defer("30m", "outside the maintenance window")
---```
---@param duration edged.Duration # above zero
---@param reason? string # for people
---@return edged.Answer
function edged.defer(duration, reason) end

---Before: the operation may be done, with these changes.
---```lua
---return edged.modify({ mirror = "mirror.local:5000" })
---```
---@param patch edged.Patch
---@param reason? string # for people
---@return edged.Answer
function edged.modify(patch, reason) end

---Restart a container; without a name, the event's.
---```lua
---return edged.restart { after = "10s" }
---```
---@param options? edged.ActionOptions
---@return edged.Action
function edged.restart(options) end

---Start a container.
---```lua
---return edged.start { container = "web" }
---```
---@param options? edged.ActionOptions
---@return edged.Action
function edged.start(options) end

---Stop a container.
---```lua
---return edged.stop { reason = "it crashes again and again" }
---```
---@param options? edged.ActionOptions
---@return edged.Action
function edged.stop(options) end

---Replace a container by one of another image, or of what its tag means now; with force, by a new one even if nothing changed.
---```lua
---return edged.update { image = "web:2" }
---```
---@param options? edged.UpdateOptions
---@return edged.Action
function edged.update(options) end

---Replace a container by its revision before.
---```lua
---return edged.rollback { reason = "it stays unhealthy" }
---```
---@param options? edged.ActionOptions
---@return edged.Action
function edged.rollback(options) end

---Remove images that edged has fetched and that nothing needs.
---```lua
---return edged.prune { older_than = "7d" }
---```
---@param options? edged.PruneOptions
---@return edged.Action
function edged.prune(options) end

---Raise an alarm; with the severity cleared, take it back.
---```lua
---return edged.alarm { type = "sick", text = ev.container.name .. " stays unhealthy", severity = "critical" }
---```
---@param alarm edged.Alarm
---@return edged.Action
function edged.alarm(alarm) end

---Have a command run that the operator has declared, in the background, if the hook ends well. Scripts are asked about it as op command. It can stand beside any answer.
---Needs action:NAME.
---```lua
---edged.action("reset-modem", { port = "1" })
---```
---@param name string # as edged.yaml declares it
---@param args? table<string, string>
function edged.action(name, args) end

edged.kv = {}

---Reads what the script has kept. Each script has values of its own.
---```lua
---local tries = edged.kv.get("tries:" .. ev.container.name, 0)
---```
---@param key string # 1 to 128 bytes
---@param default? any
---@return any # the value, or the default
function edged.kv.get(key, default) end

---Keeps a value over events and reboots. It is written only if the hook ends well. 256 keys and 64 KiB for each script.
---```lua
---edged.kv.set("locked", true, "1h")
---```
---@param key string # 1 to 128 bytes
---@param value any # what JSON can have, 4 KiB at most
---@param ttl? edged.Duration # how long it is kept; else until it is deleted
function edged.kv.set(key, value, ttl) end

---Takes a value away.
---```lua
---edged.kv.delete("locked")
---```
---@param key string # 1 to 128 bytes
---@return boolean # whether it was there
function edged.kv.delete(key) end

---Adds to a number; one that is not there counts as 0. Without a ttl, that of the value stays.
---```lua
---if edged.kv.incr("crashes", 1, "1h") > 3 then return edged.stop() end
---```
---@param key string # 1 to 128 bytes
---@param by? number # else 1
---@param ttl? edged.Duration # how long it is kept; else until it is deleted
---@return number # the sum
function edged.kv.incr(key, by, ttl) end

---Lists the keys that begin with a text, or all.
---```lua
---for _, key in ipairs(edged.kv.list("tries:")) do edged.kv.delete(key) end
---```
---@param prefix? string
---@return string[] # sorted
function edged.kv.list(prefix) end

edged.time = {}

---Seconds since 1970, UTC, with milliseconds. The same throughout an event.
---```lua
---local age = edged.time.now() - ev.container.started_at
---```
---@return number
function edged.time.now() end

---Whether it is now within a span such as "22:00-05:00" or "Sat,Sun 08:00-12:00" or "Mon-Fri 22:00-05:00". Days are those on which the span begins.
---```lua
---if not edged.time.window("22:00-05:00", "Europe/Rome") then return edged.defer("30m", "not at night") end
---```
---@param spec string
---@param zone? string # such as "UTC" or "Europe/Rome"; else the device's
---@return boolean
function edged.time.window(spec, zone) end

---The day of the week.
---```lua
---if edged.time.weekday() == "Sun" then return end
---```
---@param zone? string # such as "UTC" or "Europe/Rome"; else the device's
---@return string # Mon Tue Wed Thu Fri Sat Sun
function edged.time.weekday(zone) end

---Whether the present minute is one of those that cron(8) would mean.
---```lua
---edged.time.cron("* 22-23 * * Mon-Fri")
---```
---@param spec string
---@param zone? string # such as "UTC" or "Europe/Rome"; else the device's
---@return boolean
function edged.time.cron(spec, zone) end

---Reads a time of RFC 3339.
---```lua
---edged.time.parse("2026-01-07T12:00:00Z")
---```
---@param text string
---@return number? # seconds since 1970
---@return string? err # why there is none
function edged.time.parse(text) end

---Writes a time as RFC 3339, whole seconds.
---```lua
---edged.time.format(0) --> 1970-01-01T00:00:00Z
---```
---@param seconds? number # else now
---@param zone? string # else UTC
---@return string
function edged.time.format(seconds, zone) end

---Whether the clock is set by a time server.
---```lua
---if not edged.time.synced() then return edged.defer("5m", "the clock is not set") end
---```
---@return boolean? # nil where the device can't tell
function edged.time.synced() end

---The device as it was when the event was asked about; the same as ev.device.
---```lua
---if edged.device.disk_free < 200e6 then return edged.defer("1h", "the disk is nearly full") end
---```
---@type edged.Device
edged.device = nil

edged.containers = {}

---All containers that edged looks after, as they were when the script first looked.
---```lua
---for _, c in ipairs(edged.containers.list()) do edged.log(c.name .. " " .. c.state) end
---```
---@return edged.Container[] # ordered by name
function edged.containers.list() end

---The container of a name.
---```lua
---local canary = edged.containers.get("web-canary")
---```
---@param name string
---@return edged.Container?
function edged.containers.get(name) end

---Whether this device is among the first so many percent of all. The same device always gets the same answer for a key, and stays in when the percentage grows.
---```lua
---if not edged.rollout(10, ev.image.ref) then return edged.defer("6h", "not yet") end
---```
---@param percent number # 0 to 100
---@param key string # what is rolled out
---@return boolean
function edged.rollout(percent, key) end

---Writes a line to the log of the daemon. Ten lines an event, of 1024 bytes at most; more are dropped.
---```lua
---edged.log("warn", "the disk is nearly full")
---```
---@param level? "debug"|"info"|"warn"|"error" # else info
---@param text string
function edged.log(level, text) end

edged.metrics = {}

---Adds to a counter. 60 a minute for each script, with those that are set; more are dropped.
---```lua
---edged.metrics.count("updates_refused")
---```
---@param name string # 1 to 64 letters, digits and underscores
---@param by? number # else 1
function edged.metrics.count(name, by) end

---Tells a measured value.
---```lua
---edged.metrics.set("disk_free", edged.device.disk_free)
---```
---@param name string # 1 to 64 letters, digits and underscores
---@param value number
function edged.metrics.set(name, value) end

edged.mqtt = {}

---Sends a message, of 64 KiB at most. 20 a minute for each script; more is an error.
---Needs mqtt.publish:TOPIC.
---```lua
---edged.mqtt.publish("alerts/update", { id = ev.id, error = ev.error })
---```
---@param topic string
---@param payload any # text is sent as it is, anything else as JSON
function edged.mqtt.publish(topic, payload) end

edged.file = {}

---Reads a file of 64 KiB at most, once an event. No link leads out of the folder that is granted.
---Needs file.read:PATH.
---```lua
---local lock = edged.file.read("/run/app/lock")
---```
---@param path string # absolute
---@return string?
---@return string? err # why there is none
function edged.file.read(path) end

---Whether there is a file or folder.
---Needs file.read:PATH.
---```lua
---if edged.file.exists("/run/app/busy") then return edged.defer("10m", "the application is busy") end
---```
---@param path string # absolute
---@return boolean
function edged.file.exists(path) end

---The files that a pattern means.
---Needs file.read:PATH.
---```lua
---for _, path in ipairs(edged.file.glob("/run/app/*.lock")) do edged.log(path) end
---```
---@param pattern string # absolute, with * in its last part
---@return string[] # sorted; 256 at most
function edged.file.glob(pattern) end

edged.json = {}

---Writes JSON, fields sorted by name. An empty table is {}; for [] see edged.json.array.
---```lua
---edged.json.encode({ a = 1 }) --> {"a":1}
---```
---@param value any
---@return string
function edged.json.encode(value) end

---Reads JSON. null becomes edged.json.null, so that no field is lost.
---```lua
---local value, err = edged.json.decode(ev.payload)
---```
---@param text string
---@return any?
---@return string? err # why there is none
function edged.json.decode(text) end

---Marks a table as an array, so that it is written as one even when empty.
---```lua
---edged.json.encode(edged.json.array({})) --> []
---```
---@param table table
---@return table # the same
function edged.json.array(table) end

---What null is read as and written from.
---@type userdata
edged.json.null = nil

edged.semver = {}

---Compares two versions by the rules of semver.org; a leading v and missing parts are accepted.
---```lua
---edged.semver.compare("1.10", "1.9.9") --> 1
---```
---@param a string
---@param b string
---@return integer # -1, 0 or 1
function edged.semver.compare(a, b) end

---Whether a version is in a range such as ">=1.2 <2", "^1.2", "~1.2.3" or "1.x"; "||" separates alternatives.
---```lua
---edged.semver.satisfies("1.5.0", "^1.2") --> true
---```
---@param version string
---@param range string
---@return boolean
function edged.semver.satisfies(version, range) end

---Whether a text is a version.
---```lua
---edged.semver.valid(ev.image.tag or "")
---```
---@param text string
---@return boolean
function edged.semver.valid(text) end

edged.image = {}

---Takes an image reference apart. The registry is docker.io where none is named, the tag latest where there is neither tag nor digest.
---```lua
---edged.image.parse("nginx").repository --> library/nginx
---```
---@param ref string
---@return edged.Image?
---@return string? err # why there is none
function edged.image.parse(ref) end

---Whether two references mean the same image; a missing tag is latest.
---```lua
---edged.image.same("nginx", "docker.io/library/nginx:latest") --> true
---```
---@param a string
---@param b string
---@return boolean
function edged.image.same(a, b) end

---Whether the reference names a digest, so that it always means the same bytes.
---```lua
---if not edged.image.is_pinned(ev.image.ref) then return edged.deny("pin it") end
---```
---@param ref string
---@return boolean
function edged.image.is_pinned(ref) end

-- Tests, files *_test.lua, have these in the place of edged:

---Chooses the scripts under test. Without it these are the one that the test file is named after, or all of the folder where there is none.
---@param ... string
function scripts(...) end

---What the operator grants a script, in the place of all that it needs: topics, paths, actions.
---@param grants edged.TestGrants
---@param script? string
function grants(grants, script) end

---What is decided where no script has an opinion, as policy.default: allow or deny.
---@param verdict "allow"|"deny"
function default(verdict) end

---Sets the clock: "2026-03-29 01:30" (of the zone, without one UTC), RFC 3339, or seconds since 1970. The zone becomes that of the device. Returns the time. A test begins at noon of Wednesday, 2026-01-07, UTC.
---@param time? string|number
---@param zone? string
---@return number
function clock(time, zone) end

---Lets time pass. The timers whose time comes are called, and what they decide is returned, in order.
---@param duration edged.Duration
---@return edged.Decision[]
function advance(duration) end

---Changes the device: disk_free, power, net and so on; see ev.device.
---@param fields table
function device(fields) end

---Sets the containers of the device: names, or tables of fields.
---@param list table[]
function containers(list) end

---Makes a file that scripts can read; without a text, removes it.
---@param path string
---@param text? string
function file(path, text) end

---Reads or sets what a script keeps. The script may be left out where there is one.
---@param key string
---@param value? any
---@param script? string
---@return any
function kv(key, value, script) end

---Plays an event, such as "before pull" or "on health", and returns the decision: verdict, reason, delay, patch, actions, answers, failed. The fields are put into a sample of it, see edged policy sample; image and container may be texts.
---@param occasion string
---@param fields? table
---@return edged.Decision
function emit(occasion, fields) end

---What scripts published: topic, payload, script. With a topic filter, only what it means.
---@param topic? string
---@return edged.Message[]
function published(topic) end

---What scripts logged.
---@return string[]
function logged() end

---Fails the test unless the condition holds.
---@param condition any
---@param message? string
function expect(condition, message) end

---Fails the test unless two values, or tables of values, are the same.
---@param got any
---@param want any
function expect_equal(got, want) end

---The operation may be done, with this text in the reason.
---@param decision edged.Decision
---@param reason? string
function expect_allow(decision, reason) end

---It is refused.
---@param decision edged.Decision
---@param reason? string
function expect_deny(decision, reason) end

---It is put off, by this time.
---@param decision edged.Decision
---@param duration? edged.Duration
---@param reason? string
function expect_defer(decision, duration, reason) end

---It may be done with changes, these among them.
---@param decision edged.Decision
---@param patch edged.Patch
function expect_modify(decision, patch) end

---No hook had an opinion, or wanted something done.
---@param decision edged.Decision
function expect_none(decision) end

---A hook wants this done: restart, alarm and so on, with these fields among its own.
---@param decision edged.Decision
---@param action string
---@param fields? table
function expect_action(decision, action, fields) end

---A hook failed, with this text in the error.
---@param decision edged.Decision
---@param text? string
function expect_error(decision, text) end

---The scripts can't be loaded, with this text in the error.
---@param text? string
function expect_load_error(text) end
