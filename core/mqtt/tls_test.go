package mqtt

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"edged/core/report"
	"edged/test/lab"
)

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A broker that wants certificates lets edged in with one, by address alone, and nobody without.
func TestMosquittoWantsACertificate(t *testing.T) {
	m := mosquitto(t, lab.MosquittoOptions{TLS: true, ClientCert: true})
	cert, key := m.ClientFiles()
	authorities := t.TempDir()
	copyFile(t, m.CAFile(), filepath.Join(authorities, "lab.crt"))
	if err := os.WriteFile(filepath.Join(authorities, "README"), []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}

	stranger := run(t, Config{URLs: []string{m.URL()}, TLS: TLS{CA: m.CAFile()}, ClientID: "stranger"})
	waitFor(t, func() bool { return stranger.log.count("certificate required") > 0 })
	e := run(t, Config{URLs: []string{strings.TrimPrefix(m.URL(), "mqtts://")}, TLS: TLS{CA: authorities, Cert: cert, Key: key}})
	e.Put(report.Health{Service: "web", Status: report.Up})
	lab.Subscribe(t, m.PlainURL(), "te/#").WaitTopic(t, patience, web+"/status/health", "up")
	if slices.Contains(stranger.all(), "up") {
		t.Error("the stranger got in")
	}
}

// A certificate that was renewed is used at once, and nobody hears that edged was down.
func TestSessionEndsForNewCertificates(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.accept(t)
		r.until(t, own+"/status/health")
		if err := os.WriteFile(r.ca, []byte("half a file"), 0o600); err != nil {
			t.Fatal(err)
		}
		r.quiet(t, 2*renewEvery)
		writeAuthority(t, r.ca)
		for leaves := false; !leaves; {
			switch p := r.read(t).(type) {
			case *packets.PingreqPacket:
				r.write(t, packets.NewControlPacket(packets.Pingresp))
			case *packets.DisconnectPacket:
				leaves = true
			default:
				t.Fatalf("said %s", p)
			}
		}
		r.accept(t)
	})
}

// Another broker is tried when the first is away.
func TestMosquittoOfSeveral(t *testing.T) {
	first, second := mosquitto(t, lab.MosquittoOptions{}), mosquitto(t, lab.MosquittoOptions{})
	first.Kill()
	e := run(t, Config{URLs: []string{first.URL(), second.URL()}})
	e.Put(report.Health{Service: "web", Status: report.Up})
	lab.Subscribe(t, second.URL(), "te/#").WaitTopic(t, patience, web+"/status/health", "up")
	if err := first.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.Kill()
	lab.Subscribe(t, first.URL(), "te/#").WaitTopic(t, patience, web+"/status/health", "up")
}

// Of two edged with the same name the second says so and gives way, whether the broker lets only one of them in or both.
func TestMosquittoTwins(t *testing.T) {
	for name, ids := range map[string][2]string{"same client id": {"edged", "edged"}, "same service": {"one", "two"}} {
		t.Run(name, func(t *testing.T) {
			url := mosquitto(t, lab.MosquittoOptions{}).URL()
			retry := Retry{First: 10 * time.Millisecond, Most: 50 * time.Millisecond, Twin: time.Hour}
			first := run(t, Config{URLs: []string{url}, ClientID: ids[0], Retry: retry})
			lab.Subscribe(t, url, own+"/#").WaitTopic(t, patience, own+"/status/health", `"up"`)
			second := run(t, Config{URLs: []string{url}, ClientID: ids[1], Retry: retry})
			waitFor(t, func() bool { return second.log.count("was there first") > 0 })
			if second.log.count("another edged speaks") != 1 {
				t.Errorf("the second logged:\n%s", second.log.text.String())
			}
			waitFor(t, func() bool { return first.hasTrouble("was heard at", second.client.self.Started) })
			waitFor(t, func() bool { return second.hasTrouble("was there first", first.client.self.Started) })
			first.Put(report.Health{Service: "web", Status: report.Up})
			lab.Subscribe(t, url, "te/#").WaitTopic(t, patience, web+"/status/health", "up")
		})
	}
}

// Who comes after a run that was killed is no second one.
func TestMosquittoAfterAKill(t *testing.T) {
	url := mosquitto(t, lab.MosquittoOptions{}).URL()
	lab.Publish(t, url, own+"/twin/edged", `{"version":"1","pid":1,"started":"2020-01-01T00:00:00Z"}`, true)
	e := run(t, Config{URLs: []string{url}})
	seen := lab.Subscribe(t, url, "te/#")
	seen.WaitTopic(t, patience, own+"/twin/edged", e.client.self.Started)
	e.Put(report.Health{Service: "web", Status: report.Up})
	seen.WaitTopic(t, patience, web+"/status/health", "up")
	if n := e.log.count("another edged"); n != 0 {
		t.Errorf("it saw a second one:\n%s", e.log.text.String())
	}
}

// What an earlier run has registered is found, and nothing else.
func TestMosquittoTellsWhatIsLeft(t *testing.T) {
	url := mosquitto(t, lab.MosquittoOptions{}).URL()
	const services = "te/device/main/service/"
	for topic, payload := range map[string]string{
		services + "old":                      `{"@type":"service","name":"old","type":"container","managedBy":"edged"}`,
		services + "old/a/ContainerCrashLoop": `{"severity":"major","text":"again"}`,
		services + "theirs":                   `{"@type":"service","name":"theirs","type":"container"}`,
		services + "others":                   `{"@type":"service","name":"others","type":"container","managedBy":"edged-podman"}`,
		services + "liar":                     `{"@type":"service","name":"theirs","type":"container","managedBy":"edged"}`,
		services + "broken":                   `{"@type":`,
		services + "broken/a/x":               `[]`,
		"te/device/child01/service/kid":       `{"@type":"service","name":"kid","type":"container","managedBy":"edged"}`,
	} {
		lab.Publish(t, url, topic, payload, true)
	}
	e := run(t, Config{URLs: []string{url}})
	waitFor(t, func() bool { return len(e.all()) >= 3 && e.log.count("ignored an MQTT message") == 2 })
	if got, want := slices.Sorted(slices.Values(e.all())), []string{"left old ContainerCrashLoop", "left old container", "up"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
