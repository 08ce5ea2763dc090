package device

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"edged/test/lab"
)

// edged starts where there is no network at all, no route, no name server, not even loopback, and does what it can do
// without; when the network comes, and a broker with it, it tells what there is.
func TestNoNetworkAtBoot(t *testing.T) {
	env := lab.Shared(t)
	name := lab.Name(t, "device")
	edged := newEdged(t, env.Engines()[0].Host, "tcp://broker.example:1883", name)
	edged.Environ = append(edged.Environ, "EDGED_MQTT_URL=tcp://broker.example:1883,tcp://127.0.0.1:1883")
	env.Engines()[0].RunContainer(t, name, env.Image("idle"))
	edged.Prefix = []string{"unshare", "--net"}
	start(t, edged)
	updated(t, edged, env, name, "--no-pull")
	if said := cli(t, edged, "status", "--output", "json"); !strings.Contains(said, `"connected": false`) {
		t.Errorf("without a network edged says %s", said)
	}
	within := func(argv ...string) *exec.Cmd {
		return exec.Command("nsenter", append([]string{"--target", strconv.Itoa(edged.PID()), "--net"}, argv...)...)
	}
	if out, err := within("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	broker := within("mosquitto", "-p", "1883")
	if err := broker.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = broker.Process.Signal(os.Interrupt)
		_ = broker.Wait() // interrupted
	})
	eventually(t, "the health of the container at the broker", func() bool {
		out, err := within("mosquitto_sub", "-W", "10", "-C", "1", "-t", name+"/device/main/service/"+name+"/status/health").Output()
		return err == nil && strings.Contains(string(out), `"up"`) // the broker may not listen yet
	})
}
