package hooks

// Device is the device at one instant. Pointers are nil where the device has no
// way to tell.
type Device struct {
	ID          string   `json:"id"`             // stable over reboots and updates of the system
	Arch        string   `json:"arch"`           // amd64 arm64 arm
	OS          string   `json:"os"`             // NAME and VERSION_ID of os-release, such as "debian 13"
	DiskFree    int64    `json:"disk_free"`      // bytes that edged may still write where images are kept
	DiskTotal   int64    `json:"disk_total"`     // bytes
	MemFree     int64    `json:"mem_free"`       // bytes that can be had without swapping (MemAvailable)
	MemTotal    int64    `json:"mem_total"`      // bytes
	Load1       float64  `json:"load1"`          // load average of one minute
	Uptime      float64  `json:"uptime"`         // seconds since the device started
	Temp        *float64 `json:"temp,omitempty"` // degrees Celsius of the hottest sensor
	Power       Power    `json:"power"`
	Net         Net      `json:"net"`
	ClockSynced *bool    `json:"clock_synced,omitempty"` // whether the kernel says so (adjtimex)
}

// Power is what the device runs on.
type Power struct {
	Source  string   `json:"source,omitempty"`  // mains or battery; empty: unknown
	Percent *float64 `json:"percent,omitempty"` // charge of the battery, 0 to 100
}

// Net is how the device reaches the world.
type Net struct {
	Online  bool   `json:"online"`            // the broker can be reached
	Link    string `json:"link,omitempty"`    // of the default route: ethernet wifi cellular other; empty: no route
	Metered *bool  `json:"metered,omitempty"` // whether bytes cost money
}

// Sources are what scripts can look at beside their event. Each is called at most
// once an event, and only if a script looks; it must return quickly. A nil source
// knows nothing.
type Sources struct {
	Device     func() Device      // when the event has none
	Containers func() []Container // all that edged looks after, ordered by name
}
