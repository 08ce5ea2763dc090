package lua

func eventFields() []Field {
	const revised = "update, rollback, drift"
	return []Field{
		{Name: "id", Type: "string", Doc: "of the request, or of the notice"},
		{Name: "phase", Type: `"before"|"after"|"on"`},
		{Name: "op", Type: "edged.Op|edged.Notice", Doc: "the operation, or the notice"},
		{Name: "ts", Type: "number", Unit: "seconds since 1970, UTC", Doc: "when it happened"},
		{Name: "attempt", Type: "integer", Doc: "how often this was asked before"},
		{Name: "deferred_for", Type: "number", Unit: "seconds", Doc: "since this was first asked"},
		{Name: "trigger", Type: `"command"|"policy"|"timer"|"engine"`, Doc: "what made edged consider it", Optional: true},
		{Name: "actor", Type: "string", Doc: "cli, mqtt or a script's name", Optional: true},
		{Name: "dry_run", Type: "boolean", Doc: "nothing will be done, whatever the answer"},
		{Name: "container", Type: "edged.Container", Doc: "the one that it is about; of a pull, that it is for", Optional: true},
		{Name: "image", Type: "edged.Image", Doc: "the image that is wanted; of a notice, that runs", Optional: true},
		{Name: "current", Type: "edged.Revision", In: revised, Doc: "what runs now", Optional: true},
		{Name: "desired", Type: "edged.Revision", In: "create, " + revised, Doc: "what is to run, as far as that is known without its image", Optional: true},
		{Name: "changes", Type: "string[]", In: revised, Doc: "the fields in which they differ", Optional: true},
		{Name: "strategy", Type: `"replace"|"handover"`, In: "update", Doc: "how it is replaced", Optional: true},
		{Name: "command", Type: "edged.Command", In: "command", Doc: "what is run", Optional: true},
		{Name: "device", Type: "edged.Device", Doc: "when the event was asked about"},
		{Name: "patch", Type: "edged.Patch", In: "before", Doc: "what earlier hooks changed", Optional: true},
		{Name: "ok", Type: "boolean", In: "after", Doc: "whether it succeeded"},
		{Name: "error", Type: "string", In: "after", Doc: "why it did not", Optional: true},
		{Name: "result", Type: "edged.Result", In: "after", Doc: "what came of it", Optional: true},
		{Name: "from", Type: "string", In: "on health, network", Doc: "the state before", Optional: true},
		{Name: "to", Type: "string", In: "on health, network", Doc: "the state now: healthy, unhealthy or starting; or the interface of the default route", Optional: true},
		{Name: "failing_streak", Type: "integer", In: "on health", Doc: "failed checks in a row"},
		{Name: "exit_code", Type: "integer", In: "on exit, oom, crash_loop", Doc: "of the main process"},
		{Name: "oom", Type: "boolean", In: "on exit, oom, crash_loop", Doc: "killed for memory"},
		{Name: "exits", Type: "integer", In: "on crash_loop", Doc: "how often it ended within the window"},
		{Name: "window", Type: "number", Unit: "seconds", In: "on crash_loop", Doc: "in which these were counted"},
		{Name: "topic", Type: "string", In: "on mqtt", Doc: "where the message was sent to"},
		{Name: "payload", Type: "string", In: "on mqtt", Doc: "the message"},
		{Name: "retained", Type: "boolean", In: "on mqtt", Doc: "the broker had kept it"},
		{Name: "timer", Type: "string", In: "every, cron", Doc: "which timer: FILE#NUMBER"},
	}
}

func containerFields() []Field {
	return []Field{
		{Name: "name", Type: "string"},
		{Name: "id", Type: "string", Optional: true},
		{Name: "state", Type: `"created"|"running"|"paused"|"restarting"|"exited"|"dead"`, Doc: "the engine's word", Optional: true},
		{Name: "health", Type: `"healthy"|"unhealthy"|"starting"`, Doc: "nil without a health check", Optional: true},
		{Name: "image", Type: "string", Doc: "the reference that it was created with", Optional: true},
		{Name: "restarts", Type: "integer", Doc: "by the engine's restart policy; nil in edged.containers", Optional: true},
		{Name: "exit_code", Type: "integer"},
		{Name: "oom", Type: "boolean", Doc: "killed for memory"},
		{Name: "started_at", Type: "number", Unit: "seconds since 1970, UTC", Optional: true},
		{Name: "labels", Type: "table<string, string>"},
		{Name: "group", Type: "string", Doc: "compose project", Optional: true},
		{Name: "service", Type: "string", Doc: "compose service", Optional: true},
	}
}

func imageFields() []Field {
	return []Field{
		{Name: "ref", Type: "string", Doc: "as it was asked for"},
		{Name: "registry", Type: "string", Doc: "docker.io where none is named"},
		{Name: "repository", Type: "string", Doc: "such as library/nginx"},
		{Name: "tag", Type: "string", Doc: "latest where there is neither tag nor digest", Optional: true},
		{Name: "digest", Type: "string", Optional: true},
		{Name: "size", Type: "integer", Unit: "bytes", Doc: "of what the device has under the reference; nil: nothing", Optional: true},
		{Name: "arch", Type: "string", Doc: "of the same, such as arm64", Optional: true},
		{Name: "signed", Type: "boolean", Doc: "nil where nobody looked: neither engine tells", Optional: true},
	}
}

func revisionFields() []Field {
	return append(imageFields(), []Field{
		{Name: "env", Type: "table<string, string>"},
		{Name: "labels", Type: "table<string, string>"},
		{Name: "restart", Type: "string", Doc: "restart policy, such as unless-stopped", Optional: true},
		{Name: "memory", Type: "integer", Unit: "bytes", Doc: "limit; 0: none"},
		{Name: "cpus", Type: "number", Unit: "cores", Doc: "limit; 0: none"},
		{Name: "stop_timeout", Type: "number", Unit: "seconds", Doc: "0: the engine's default"},
	}...)
}

func commandFields() []Field {
	return []Field{
		{Name: "name", Type: "string"},
		{Name: "args", Type: "table<string, string>"},
	}
}

func deviceFields() []Field {
	return []Field{
		{Name: "id", Type: "string", Doc: "stable over reboots", Optional: true},
		{Name: "arch", Type: "string", Doc: "such as arm64", Optional: true},
		{Name: "os", Type: "string", Doc: "name and version", Optional: true},
		{Name: "disk_free", Type: "integer", Unit: "bytes", Doc: "where images are kept"},
		{Name: "disk_total", Type: "integer", Unit: "bytes"},
		{Name: "mem_free", Type: "integer", Unit: "bytes", Doc: "to be had without swapping"},
		{Name: "mem_total", Type: "integer", Unit: "bytes"},
		{Name: "load1", Type: "number", Doc: "load average of a minute"},
		{Name: "uptime", Type: "number", Unit: "seconds"},
		{Name: "temp", Type: "number", Unit: "degrees Celsius", Doc: "of the hottest sensor", Optional: true},
		{Name: "power", Type: "edged.Power"},
		{Name: "net", Type: "edged.Net"},
		{Name: "clock_synced", Type: "boolean", Optional: true},
	}
}

func powerFields() []Field {
	return []Field{
		{Name: "source", Type: `"mains"|"battery"`, Optional: true},
		{Name: "percent", Type: "number", Unit: "percent", Doc: "charge of the battery", Optional: true},
	}
}

func netFields() []Field {
	return []Field{
		{Name: "online", Type: "boolean", Doc: "the broker can be reached"},
		{Name: "link", Type: `"ethernet"|"wifi"|"cellular"|"other"`, Doc: "of the default route; nil without one", Optional: true},
		{Name: "metered", Type: "boolean", Doc: "bytes cost money: assumed of cellular links, else nil", Optional: true},
	}
}

func resultFields() []Field {
	return []Field{
		{Name: "outcome", Type: "string", Doc: "a word such as committed", Optional: true},
		{Name: "duration_ms", Type: "integer", Unit: "milliseconds", Doc: "the whole operation"},
		{Name: "outage_ms", Type: "integer", Unit: "milliseconds", In: "update, rollback", Doc: "without service"},
		{Name: "freed_bytes", Type: "integer", Unit: "bytes", In: "prune"},
		{Name: "exit_code", Type: "integer", In: "command"},
		{Name: "output", Type: "string", In: "command", Doc: "the end of what it wrote", Optional: true},
	}
}
