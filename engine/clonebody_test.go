package engine

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// parse reads a document written in a test.
func parse(t *testing.T, text string) document {
	t.Helper()
	d, err := parseDocument([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return d
}

// planOf plans the replacement of a container with a Config and a HostConfig by another image.
func planOf(t *testing.T, config, oldImage, newImage string, opts CloneOptions) *Plan {
	t.Helper()
	return planInspect(t, `{"Id":"0123456789abcdef","Name":"/web","Image":"sha256:1","State":{"Running":true},"Config":`+config+
		`,"HostConfig":{"NetworkMode":"default"}}`, oldImage, newImage, opts)
}

func planInspect(t *testing.T, inspect, oldImage, newImage string, opts CloneOptions) *Plan {
	t.Helper()
	s := &cloneSource{
		container: parse(t, inspect), oldImage: parse(t, `{"Id":"sha256:1","Config":`+oldImage+`}`),
		newImage: parse(t, `{"Id":"sha256:2","Config":`+newImage+`}`), newRef: "app:2", api: "1.41",
	}
	opts.Image = s.newRef
	plan, err := s.plan(opts)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestCloneUserSettings(t *testing.T) {
	for name, test := range map[string]struct {
		config, oldImage, newImage string
		sent                       string // what of Config is sent, without the image
		made                       string // what the engine makes of it, as far as it is asked for
		changes                    string
	}{
		"nothing set": {
			`{"Image":"app:1","Env":["A=1"],"Cmd":["run"],"User":"app","WorkingDir":"/app","Labels":{"v":"1"},"StopSignal":"SIGINT"}`,
			`{"Env":["A=1"],"Cmd":["run"],"User":"app","WorkingDir":"/app","Labels":{"v":"1"},"StopSignal":"SIGINT"}`,
			`{"Env":["A=2"],"Cmd":["go"],"User":"web","WorkingDir":"/web","Labels":{"v":"2"},"StopSignal":"SIGQUIT"}`,
			`{"Env":[]}`,
			`{"Env":["A=2"],"Cmd":["go"],"User":"web","WorkingDir":"/web","Labels":{"v":"2"},"StopSignal":"SIGQUIT"}`,
			"cmd env:A image label:v stop-signal user workdir",
		},
		"all set": {
			`{"Image":"app:1","Env":["A=mine","B=1"],"Cmd":["mine"],"User":"me","WorkingDir":"/mine","Labels":{"v":"mine","w":"1"}}`,
			`{"Env":["A=1"],"Cmd":["run"],"User":"app","WorkingDir":"/app","Labels":{"v":"1"}}`,
			`{"Env":["A=2","C=3"],"Cmd":["go"],"User":"web","WorkingDir":"/web","Labels":{"v":"2","x":"2"}}`,
			`{"Env":["A=mine","B=1"],"Cmd":["mine"],"User":"me","WorkingDir":"/mine","Labels":{"v":"mine","w":"1"}}`,
			`{"Env":["A=mine","B=1","C=3"],"Cmd":["mine"],"User":"me","WorkingDir":"/mine","Labels":{"v":"mine","w":"1","x":"2"}}`,
			"env:C image label:x",
		},
		"own entrypoint keeps its command": {
			`{"Image":"app:1","Entrypoint":["mine"],"Cmd":["run"]}`, `{"Entrypoint":["ep"],"Cmd":["run"]}`, `{"Entrypoint":["new"],"Cmd":["go"]}`,
			`{"Env":[],"Entrypoint":["mine"],"Cmd":["run"]}`, `{"Entrypoint":["mine"],"Cmd":["run"]}`, "image",
		},
		"own entrypoint without a command": {
			`{"Image":"app:1","Entrypoint":["ep"],"Cmd":null}`, `{"Entrypoint":["ep"],"Cmd":["run"]}`, `{"Entrypoint":["new"],"Cmd":["go"]}`,
			`{"Env":[],"Entrypoint":["ep"],"Cmd":null}`, `{"Entrypoint":["ep"],"Cmd":null}`, "image",
		},
		"entrypoint taken away": {
			`{"Image":"app:1","Entrypoint":null,"Cmd":["run"]}`, `{"Entrypoint":["ep"],"Cmd":["run"]}`, `{"Entrypoint":["new"],"Cmd":["go"]}`,
			`{"Env":[],"Entrypoint":[""],"Cmd":["run"]}`, `{"Entrypoint":null,"Cmd":["run"]}`, "image",
		},
		"own command, new entrypoint": {
			`{"Image":"app:1","Entrypoint":["ep"],"Cmd":["mine"]}`, `{"Entrypoint":["ep"],"Cmd":["run"]}`, `{"Entrypoint":["new"],"Cmd":["go"]}`,
			`{"Env":[],"Cmd":["mine"]}`, `{"Entrypoint":["new"],"Cmd":["mine"]}`, "entrypoint image",
		},
		"part of a healthcheck": {
			`{"Image":"app:1","Healthcheck":{"Test":["CMD","old"],"Interval":5,"Retries":3}}`,
			`{"Healthcheck":{"Test":["CMD","old"],"Interval":9,"Retries":3}}`, `{"Healthcheck":{"Test":["CMD","new"],"Interval":7,"Retries":4}}`,
			`{"Env":[],"Healthcheck":{"Interval":5}}`, `{"Healthcheck":{"Test":["CMD","new"],"Interval":5,"Retries":4}}`, "healthcheck image",
		},
		"healthcheck switched off": {
			`{"Image":"app:1","Healthcheck":{"Test":["NONE"]}}`, `{"Healthcheck":{"Test":["CMD","old"]}}`, `{"Healthcheck":{"Test":["CMD","new"]}}`,
			`{"Env":[],"Healthcheck":{"Test":["NONE"]}}`, `{"Healthcheck":{"Test":["NONE"]}}`, "image",
		},
		"volumes and ports of the images": {
			`{"Image":"app:1","Volumes":{"/old":{},"/mine":{}},"ExposedPorts":{"1/tcp":{},"9/udp":{}}}`,
			`{"Volumes":{"/old":{}},"ExposedPorts":{"1/tcp":{}}}`, `{"Volumes":{"/new":{}},"ExposedPorts":{"2/tcp":{}}}`,
			`{"Env":[],"Volumes":{"/mine":{}},"ExposedPorts":{"9/udp":{}}}`,
			`{"Volumes":{"/mine":{},"/new":{}},"ExposedPorts":{"9/udp":{},"2/tcp":{}}}`,
			"image port:1/tcp port:2/tcp volume:/new volume:/old",
		},
		"generated host name": {
			`{"Image":"app:1","Hostname":"0123456789ab"}`, `{}`, `{}`, `{"Env":[]}`, `{}`, "image",
		},
		"own host name": {
			`{"Image":"app:1","Hostname":"mine"}`, `{}`, `{}`, `{"Env":[],"Hostname":"mine"}`, `{"Hostname":"mine"}`, "image",
		},
		"a field that nobody knows yet": {
			`{"Image":"app:1","Fancy":{"Deep":[1,{"Er":9007199254740993}]},"Tty":true}`, `{"Tty":true}`, `{"Fancy":"image"}`,
			`{"Env":[],"Fancy":{"Deep":[1,{"Er":9007199254740993}]},"Tty":true}`, `{"Fancy":{"Deep":[1,{"Er":9007199254740993}]}}`, "image",
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planOf(t, test.config, test.oldImage, test.newImage, CloneOptions{})
			sent := strip(plan.body.create, "HostConfig", "Image")
			if got, want := toJSON(t, sent), toJSON(t, parse(t, test.sent)); got != want {
				t.Errorf("sent\n%s, want\n%s", got, want)
			}
			made := effectiveConfig(plan.body.create, plan.source.newImage.object("Config"))
			for key, want := range parse(t, test.made) {
				if !same(made[key], want) && toJSON(t, document{"": made[key]}) != toJSON(t, document{"": want}) {
					t.Errorf("%s is %v, want %v", key, made[key], want)
				}
			}
			if got := strings.Join(plan.Changes, " "); got != test.changes {
				t.Errorf("changes %q, want %q", got, test.changes)
			}
		})
	}
}

// toJSON writes a document with its keys in order.
func toJSON(t *testing.T, d document) string {
	t.Helper()
	data, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestCloneOptionsOnTop(t *testing.T) {
	plan := planOf(t, `{"Image":"app:1","Env":["A=1","B=1","SECRET=1"],"Cmd":["run"],"Labels":{"v":"1"},"ExposedPorts":{"1/tcp":{}}}`,
		`{"Env":["A=1"]}`, `{}`, CloneOptions{
			Env: []string{"B=2", "C=3"}, IgnoreEnvVars: []string{"SECRET="}, Cmd: []string{"other"}, Entrypoint: []string{"ep"},
			Labels: map[string]string{"v": "2"}, ExtraHosts: []string{"a:1.2.3.4"}, IgnorePorts: true, SkipNetwork: true, AutoRemove: true,
		})
	config, host := plan.body.config(), plan.body.host()
	if got := config.texts("Env"); !slices.Equal(got, []string{"B=2", "C=3"}) {
		t.Errorf("Env %q", got)
	}
	if got := append(config.texts("Entrypoint"), config.texts("Cmd")...); !slices.Equal(got, []string{"ep", "other"}) {
		t.Errorf("command %q", got)
	}
	if config.object("Labels").text("v") != "2" || has(config, "ExposedPorts") {
		t.Errorf("Labels %v, ExposedPorts %v", config["Labels"], config["ExposedPorts"])
	}
	if host.text("NetworkMode") != "none" || !host.flag("AutoRemove") || !slices.Equal(host.texts("ExtraHosts"), []string{"a:1.2.3.4"}) {
		t.Errorf("HostConfig %v", host)
	}
}

func TestCloneHost(t *testing.T) {
	plan := planInspect(t, `{"Id":"0123456789abcdef","Name":"/web","Image":"sha256:1","State":{},
		"Config":{"Image":"app:1","Hostname":"0123456789ab","ExposedPorts":{"80/tcp":{}},"Volumes":{"/anon":{}}},
		"HostConfig":{"NetworkMode":"bridge","Links":["/db:/web/store"],"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]},
			"Binds":["named:/named"],"Mounts":[{"Type":"volume","Target":"/declared/"}],"VolumesFrom":["other"],"Fancy":{"a":1},
			"MemorySwap":-1,"Memory":9007199254740993},
		"Mounts":[{"Type":"volume","Name":"aaa","Destination":"/anon","RW":true},{"Type":"volume","Name":"bbb","Destination":"/declared","RW":true},
			{"Type":"volume","Name":"named","Destination":"/named","RW":true},{"Type":"bind","Source":"/x","Destination":"/bind"},
			{"Type":"volume","Name":"ccc","Destination":"/ro","RW":false}]}`,
		`{"ExposedPorts":{"80/tcp":{}},"Volumes":{"/anon":{}}}`, `{}`, CloneOptions{})
	host := plan.body.host()
	for key, want := range parse(t, `{"Links":["db:store"],"Binds":["named:/named","aaa:/anon","ccc:/ro:ro"],
		"Mounts":[{"Type":"volume","Target":"/declared/","Source":"bbb"}],"VolumesFrom":["other"],"Fancy":{"a":1},
		"MemorySwap":-1,"Memory":9007199254740993}`) {
		if !reflect.DeepEqual(host[key], want) {
			t.Errorf("%s is %v, want %v", key, host[key], want)
		}
	}
	if !has(plan.body.config().object("ExposedPorts"), "80/tcp") {
		t.Error("a published port isn't exposed any more")
	}
	if plan.WasRunning {
		t.Error("the container wasn't running")
	}
	if want := []string{"port 0.0.0.0:8080 (80/tcp)"}; !slices.Equal(plan.Exclusive, want) {
		t.Errorf("exclusive %q, want %q", plan.Exclusive, want)
	}
}

func TestCloneNetworks(t *testing.T) {
	inspect := `{"Id":"0123456789abcdef","Name":"/web","Image":"sha256:1","State":{},
		"Config":{"Image":"app:1","MacAddress":"02:aa:00:00:00:01"},"HostConfig":{"NetworkMode":"front"},
		"NetworkSettings":{"Networks":{
			"front":{"IPAMConfig":{"IPv4Address":"10.0.0.5"},"Links":["db:store"],"Aliases":["web","0123456789ab"],"NetworkID":"n1","EndpointID":"e1",
				"Gateway":"10.0.0.1","IPAddress":"10.0.0.5","IPPrefixLen":24,"MacAddress":"02:aa:00:00:00:01","DriverOpts":{"o":"1"},"DNSNames":["x"],"Fancy":1},
			"back":{"IPAMConfig":null,"Aliases":["0123456789ab"],"NetworkID":"n2","MacAddress":"6e:11:22:33:44:55","GwPriority":7},
			"old":{"NetworkID":"n3","IPAddress":"172.17.0.2","MacAddress":"02:42:ac:11:00:02"}}}}`
	for api, want := range map[string]string{
		"1.41": `{"front":{"IPAMConfig":{"IPv4Address":"10.0.0.5"},"Links":["db:store"],"Aliases":["web"],"DriverOpts":{"o":"1"},"Fancy":1},
			"back":{"IPAMConfig":null,"Aliases":[],"GwPriority":7},"old":{}}`,
		"1.44": `{"front":{"IPAMConfig":{"IPv4Address":"10.0.0.5"},"Links":["db:store"],"Aliases":["web"],"DriverOpts":{"o":"1"},"Fancy":1,"MacAddress":"02:aa:00:00:00:01"},
			"back":{"IPAMConfig":null,"Aliases":[],"GwPriority":7,"MacAddress":"6e:11:22:33:44:55"},"old":{}}`,
	} {
		s := &cloneSource{container: parse(t, inspect), oldImage: document{}, newImage: document{}, newRef: "app:2", api: api}
		plan, err := s.plan(CloneOptions{Image: "app:2"})
		if err != nil {
			t.Fatal(err)
		}
		got := document{}
		for name, endpoint := range plan.body.networks {
			got[name] = map[string]any(endpoint)
		}
		if toJSON(t, got) != toJSON(t, parse(t, want)) || plan.body.primary != "front" {
			t.Errorf("API %s: %s in %q, want %s", api, toJSON(t, got), plan.body.primary, toJSON(t, parse(t, want)))
		}
		if has(plan.body.config(), "MacAddress") != (api == "1.41") {
			t.Errorf("API %s: Config.MacAddress is %v", api, plan.body.config()["MacAddress"])
		}
		if !slices.Contains(plan.Exclusive, "address 10.0.0.5 in front") || !slices.Contains(plan.Exclusive, "mac 02:aa:00:00:00:01") {
			t.Errorf("API %s: exclusive %q", api, plan.Exclusive)
		}
	}
}

func TestCloneSharedNamespace(t *testing.T) {
	for mode, machine := range map[string]string{"container:abc": "", "host": "device"} {
		plan := planInspectOf(t, `{"Id":"0123456789abcdef","Name":"/web","State":{},"Config":{"Hostname":"device","Domainname":"d"},
			"HostConfig":{"NetworkMode":"`+mode+`"},"NetworkSettings":{"Networks":{"host":{"NetworkID":"n"}}}}`, machine)
		if has(plan.body.config(), "Hostname") || len(plan.body.networks) != 0 || plan.body.primary != "" {
			t.Errorf("%s: host name %v, networks %v", mode, plan.body.config()["Hostname"], plan.body.networks)
		}
	}
}

// So a Docker that has no bridge shows what runs in its default network.
func TestCloneWithoutNetworking(t *testing.T) {
	plan := planInspectOf(t, `{"Id":"0123456789abcdef","Name":"/web","State":{},"Config":{"NetworkDisabled":true},
		"HostConfig":{"NetworkMode":"default"},"NetworkSettings":{"Networks":{"bridge":{"NetworkID":""}}}}`, "")
	if len(plan.body.networks) != 0 || plan.body.primary != "" || !plan.body.config().flag("NetworkDisabled") {
		t.Errorf("networks %v in %q", plan.body.networks, plan.body.primary)
	}
}

func planInspectOf(t *testing.T, inspect, machine string) *Plan {
	t.Helper()
	s := &cloneSource{container: parse(t, inspect), oldImage: document{}, newImage: document{}, api: "1.41", machine: machine}
	plan, err := s.plan(CloneOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestCloneRefuses(t *testing.T) {
	for field, inspect := range map[string]string{
		"HostConfig.AutoRemove":    `{"State":{"Running":true},"HostConfig":{"AutoRemove":true}}`,
		"com.docker.swarm.task.id": `{"State":{},"Config":{"Labels":{"com.docker.swarm.task.id":"x"}}}`,
	} {
		_, err := (&cloneSource{container: parse(t, inspect), api: "1.41"}).plan(CloneOptions{})
		if !errors.Is(err, ErrNotCarried) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestCloneNamesWhatIsLost: an engine that drops settings without a word is found out.
func TestCloneNamesWhatIsLost(t *testing.T) {
	inspect := `{"Id":"0123456789abcdef","Name":"/web","Image":"sha256:1","State":{},"Config":{"Image":"app:1","User":"me","Env":["A=1"]},
		"HostConfig":{"NetworkMode":"front","Memory":5,"Fancy":1},
		"NetworkSettings":{"Networks":{"front":{"NetworkID":"n","Aliases":["web"]},"back":{"NetworkID":"m"}}}}`
	plan := planInspect(t, inspect, `{}`, `{"Env":["B=2"]}`, CloneOptions{})
	for name, test := range map[string]struct{ made, want string }{
		"nothing": {`{"Id":"fedcba9876543210","Config":{"Image":"app:2","User":"me","Env":["B=2","A=1"],"Hostname":"fedcba987654","Labels":{"l":"1"}},
			"HostConfig":{"NetworkMode":"front","Memory":5,"Fancy":1},
			"NetworkSettings":{"Networks":{"back":{},"front":{"Aliases":["web","fedcba987654"]}}}}`, ""},
		"much": {`{"Id":"fedcba9876543210","Config":{"Image":"app:2","Env":["A=1"],"Labels":{}},"HostConfig":{"NetworkMode":"front","Memory":6},
			"NetworkSettings":{"Networks":{"front":{},"default":{}}}}`,
			"Config.Env Config.Labels Config.User HostConfig.Fancy HostConfig.Memory NetworkSettings.Networks.back " +
				"NetworkSettings.Networks.default NetworkSettings.Networks.front.Aliases"},
	} {
		made := &cloneSource{container: parse(t, test.made), newImage: plan.source.newImage, oldImage: plan.source.newImage, api: "1.41"}
		if got := strings.Join(plan.lost(made, map[string]string{"l": "1"}), " "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestCloneLimits(t *testing.T) {
	plan := func(o CloneOptions) *Plan {
		return planInspect(t, `{"Id":"1","Name":"/web","Image":"sha256:1","State":{},"Config":{"Image":"app:1"},
			"HostConfig":{"Memory":100,"MemorySwap":200,"NanoCpus":500000000,"RestartPolicy":{"Name":"no","MaximumRetryCount":0}}}`,
			`{}`, `{}`, o)
	}
	const old = `{"Memory":100,"MemorySwap":200,"NanoCpus":500000000,"RestartPolicy":{"MaximumRetryCount":0,"Name":"no"}}`
	for _, o := range []CloneOptions{{}, {Memory: 100, CPUs: 0.5, Restart: "no"}} {
		p := plan(o)
		if got := toJSON(t, p.body.host()); got != old || !slices.Equal(p.Changes, []string{"image"}) {
			t.Errorf("as it was: %s, changes %q", got, p.Changes)
		}
	}
	p := plan(CloneOptions{Memory: 300, CPUs: 1.5, Restart: "on-failure:3"})
	want := `{"CpuPeriod":100000,"CpuQuota":150000,"Memory":300,"RestartPolicy":{"MaximumRetryCount":3,"Name":"on-failure"}}`
	if got := toJSON(t, p.body.host()); got != want {
		t.Errorf("asked: %s, want %s", got, want)
	}
	if !slices.Contains(p.Changes, "host:Memory") || !slices.Contains(p.Changes, "host:RestartPolicy") {
		t.Errorf("changes %q", p.Changes)
	}
}
