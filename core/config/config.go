package config

import "time"

// DefaultFile is the main file when nobody names another.
const DefaultFile = "/etc/edged/edged.yaml"

// FileVariable is the environment variable that names another main file.
const FileVariable = "EDGED_CONFIG"

// Config is every setting, checked. The table of [Keys] says what each means
// for a person who sets it.
type Config struct {
	Engine    Engine    `koanf:"engine"`
	MQTT      MQTT      `koanf:"mqtt"`
	Device    Device    `koanf:"device"`
	Service   Service   `koanf:"service"`
	Software  Software  `koanf:"software"`
	Policy    Policy    `koanf:"policy"`
	Update    Update    `koanf:"update"`
	Pull      Pull      `koanf:"pull"`
	Registry  Registry  `koanf:"registry"`
	API       API       `koanf:"api"`
	StateDir  string    `koanf:"state_dir"` // absolute path of what outlives a reboot
	Log       Log       `koanf:"log"`
	Outbox    Outbox    `koanf:"outbox"`
	Telemetry Telemetry `koanf:"telemetry"`
	CrashLoop CrashLoop `koanf:"crash_loop"`
	Filter    Filter    `koanf:"filter"`
}

// Engine is where the container engine is.
type Engine struct {
	Host          string        `koanf:"host"`           // unix:// or tcp:// address; empty: look for one
	RetryInterval time.Duration `koanf:"retry_interval"` // pause between attempts to reach it
}

// MQTT is how to reach the broker.
type MQTT struct {
	URLs         []string      `koanf:"url"`           // at least one: tcp, mqtt, ssl or mqtts, with host and perhaps port, or those alone
	User         string        `koanf:"user"`          // empty: none
	Password     string        `koanf:"password"`      // empty: none, or in PasswordFile; see [MQTT.Secret]
	PasswordFile string        `koanf:"password_file"` // path; its first line is the password
	CAFile       string        `koanf:"ca_file"`       // PEM, path; empty: the system's
	CertFile     string        `koanf:"cert_file"`     // PEM, path; set if and only if KeyFile is
	KeyFile      string        `koanf:"key_file"`      // PEM, path
	Root         string        `koanf:"root"`          // first segments of every topic
	KeepAlive    time.Duration `koanf:"keepalive"`     // whole seconds, at least one
	ClientID     string        `koanf:"client_id"`     // unique at the broker
}

// Device is the device that the containers belong to.
type Device struct {
	TopicID string `koanf:"topic_id"` // four segments, such as device/main//
}

// Service is edged itself, as others see it.
type Service struct {
	Name          string `koanf:"name"`            // one topic segment
	UseModuleName bool   `koanf:"use_module_name"` // a module name stands in for a compose project's
	Commands      string `koanf:"commands"`        // auto, true or false: commands to services of containers are taken
}

// Software is thin-edge.io's software management.
type Software struct {
	Enabled string `koanf:"enabled"` // auto, true or false: commands about it are taken
	Network string `koanf:"network"` // that installed containers join; empty: the engine's default
}

// Policy is how scripts are asked.
type Policy struct {
	Dirs     []string      `koanf:"dirs"`     // folders of *.lua; a later folder's file replaces an earlier one's
	Default  string        `koanf:"default"`  // allow or deny: the answer when no script has one
	Deadline time.Duration `koanf:"deadline"` // longest time for one event

	Audit          []string      `koanf:"audit"`           // file names of scripts, or *
	Grants         []string      `koanf:"grants"`          // FILE NEED; see [Policy.Granted]
	Commands       []string      `koanf:"commands"`        // NAME=PROGRAM ARGUMENT...; see [Policy.Programs]
	CommandTimeout time.Duration `koanf:"command_timeout"` // longest time for one of them
}

// Update is how containers are replaced, where a request does not say.
type Update struct {
	HealthGate  time.Duration `koanf:"health_gate"`  // longest time to become healthy
	StableFor   time.Duration `koanf:"stable_for"`   // without a healthcheck: time to run without an exit
	StopTimeout time.Duration `koanf:"stop_timeout"` // from the stop signal to the kill; 0: the container's own
	Parallel    int           `koanf:"parallel"`     // requests carried out at the same time
}

// Pull is how images are fetched.
type Pull struct {
	Attempts  int           `koanf:"attempts"`   // at least 1
	RetryWait time.Duration `koanf:"retry_wait"` // pause between two attempts
	Silence   time.Duration `koanf:"silence"`    // longest time without a word from the engine; 0: no limit
}

// Registry is where logins at registries stand.
type Registry struct {
	Program    string `koanf:"program"`     // asked first; empty or not there: none
	LoginsFile string `koanf:"logins_file"` // may be missing
}

// API is the socket of the command line.
type API struct {
	Socket string `koanf:"socket"` // absolute path
	Group  string `koanf:"group"`  // who may use it beside root; empty or unknown: root's group
}

// Log is what edged says of its work, and where.
type Log struct {
	Level   string `koanf:"level"`    // debug, info, warn or error
	Format  string `koanf:"format"`   // auto, text or json
	Target  string `koanf:"target"`   // auto, stderr, syslog or file
	File    string `koanf:"file"`     // path, for the target file
	FileKiB int    `koanf:"file_kib"` // most KiB of File and its predecessor together
}

// Outbox is what waits for the broker.
type Outbox struct {
	Records int `koanf:"records"` // at most
	Bytes   int `koanf:"bytes"`   // at most; the file takes up to twice as much
}

// Telemetry is what containers use.
type Telemetry struct {
	Interval time.Duration `koanf:"interval"` // 0: never told
}

// CrashLoop is when a container that ends again and again is an alarm.
type CrashLoop struct {
	Threshold int           `koanf:"threshold"` // ends; 0: never
	Window    time.Duration `koanf:"window"`    // in which they are counted
	Soak      time.Duration `koanf:"soak"`      // of good running that clears the alarm
}

// Filter is which containers edged leaves alone.
type Filter struct {
	IncludeLabels []string `koanf:"include_labels"` // NAME or NAME=VALUE; empty: all
	IncludeNames  []string `koanf:"include_names"`  // regular expressions for the whole name; empty: all
	IncludeTypes  []string `koanf:"include_types"`  // container, container-group
	ExcludeLabels []string `koanf:"exclude_labels"` // NAME or NAME=VALUE
	ExcludeNames  []string `koanf:"exclude_names"`  // regular expressions for the whole name
}
