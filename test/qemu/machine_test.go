package qemu

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/test/lab"
	"edged/test/story"
)

// board is a kind of machine that QEMU emulates.
type board struct {
	arch   string   // Debian's word
	image  string   // an architecture of lab's images
	binary string   // as in dist/edged-linux-ARCH
	others []string // binaries for older processors, that run, too
	goenv  []string
	qemu   []string
}

var boards = map[string]board{
	"arm64": {"arm64", "arm64", "arm64", nil, []string{"GOARCH=arm64"}, []string{"qemu-system-aarch64", "-cpu", "cortex-a53"}},
	"armhf": {"armhf", "arm", "armv7", []string{"armv6", "armv5"}, []string{"GOARCH=arm", "GOARM=7"}, []string{"qemu-system-arm", "-cpu", "cortex-a15"}},
}

// bootTime bounds a boot and all that a device does: 15 s on a machine that is idle, and long on one that is busy.
const bootTime = 30 * time.Minute

// machine is an emulated device with a read-only root and a disk for what lasts, on which run Docker, mosquitto and
// edged as a service of BusyBox's init.
type machine struct {
	board
	dir      string
	registry string // as the device sees it
	docker   string // address of the device's ports on this machine, host:port each
	mqtt     string
	agent    string
	rtc      string // what the device's clock shows when it is switched on; empty: the time

	cmd    *exec.Cmd
	exited chan struct{}
}

// newMachine makes a device that has never run, and a registry for it.
func newMachine(t *testing.T, b board) *machine {
	t.Helper()
	needs(t, b.qemu[0], "qemu-img", "mke2fs", "depmod", "cpio", "docker-registry")
	if os.Getuid() != 0 {
		t.Skip("it makes file systems with files of root: needs root")
	}
	cache := os.Getenv("EDGED_QEMU_CACHE")
	if cache == "" {
		cache = "/var/cache/edged-lab"
	}
	base := filepath.Join(cache, "qemu-"+b.arch)
	command(t, "./image.sh", b.arch, base)
	dir, err := os.MkdirTemp(cache, "qemu-run-") // beside the image: its tree is linked, not copied
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &machine{board: b, dir: dir, docker: freePort(t), mqtt: freePort(t), agent: freePort(t)}
	m.serveImages(t, filepath.Join(base, "tree/usr/bin/busybox"))
	for _, file := range []string{"vmlinuz", "initrd"} {
		if err := os.Link(filepath.Join(base, file), filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	m.makeRoot(t, filepath.Join(base, "tree"))
	command(t, "mke2fs", "-q", "-t", "ext4", "-m", "0", "-E", "lazy_itable_init=0", filepath.Join(dir, "data.raw"), "1G")
	// With a file of its own for what is new QEMU keeps some of its own tables in memory until a flush, so that a kill
	// loses more than the machine's memory.
	command(t, "qemu-img", "create", "-q", "-f", "qcow2", "-b", "data.raw", "-F", "raw", filepath.Join(dir, "data.qcow2"))
	t.Cleanup(func() { m.cut() })
	t.Cleanup(func() {
		if console, err := os.ReadFile(filepath.Join(dir, "console")); err == nil && t.Failed() {
			t.Logf("the console says:\n%s", console[max(0, len(console)-3000):])
		}
	})
	return m
}

// serveImages starts a registry with images of the device's architecture.
func (m *machine) serveImages(t *testing.T, busybox string) {
	t.Helper()
	folder, err := lab.NewFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	registry, err := lab.StartRegistry(t.Context(), folder, lab.RegistryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { registry.Stop() })
	_, port, _ := net.SplitHostPort(registry.Addr())
	m.registry = "10.0.2.2:" + port
	pusher := lab.NewForeignPusher(registry.Addr(), m.board.image, busybox)
	for _, spec := range lab.Images() {
		if strings.HasPrefix(spec.Name, "wrongarch") {
			continue
		}
		if check := spec.Config.Healthcheck; check != nil {
			// An emulated processor needs seconds for what takes others milliseconds.
			check.StartPeriod, check.Timeout = 10*time.Minute, time.Minute
		}
		if _, err := pusher.Push(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
}

// makeRoot makes the root file system: the tree of Debian's packages, edged as it is shipped, its service, settings and
// policy, and what starts the rest.
func (m *machine) makeRoot(t *testing.T, base string) {
	t.Helper()
	tree := filepath.Join(m.dir, "tree")
	command(t, "cp", "-al", base, tree)
	agent := filepath.Join(m.dir, "agent")
	build := exec.Command("go", "build", "-trimpath", "-o", agent, "./agent")
	build.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux"), m.goenv...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the agent: %v\n%s", err, out)
	}
	policies := filepath.Join(m.dir, "policy.d")
	if err := story.WritePolicy("../../scripts/lua", policies, m.registry); err != nil {
		t.Fatal(err)
	}
	for _, arch := range m.others {
		command(t, "install", "-m", "755", binary(t, arch), filepath.Join(tree, "usr/bin/edged-"+arch))
	}
	for _, f := range [][3]string{ // mode, from, to
		{"755", binary(t, m.binary), "usr/bin/edged"},
		{"755", agent, "usr/bin/agent"},
		{"755", "../../init/busybox/S90edged", "etc/init.d/S90edged"},
		{"755", "guest/rcS", "etc/init.d/rcS"},
		{"644", "guest/inittab", "etc/inittab"},
		{"644", "guest/mosquitto.conf", "etc/mosquitto.conf"},
		{"644", "guest/daemon.json", "etc/docker/daemon.json"},
		{"644", "guest/edged.yaml", "etc/edged/edged.yaml"},
		{"644", policies + "/10-trusted-registry.lua", "usr/share/edged/policy.d/10-trusted-registry.lua"},
		{"644", policies + "/20-maintenance-window.lua", "usr/share/edged/policy.d/20-maintenance-window.lua"},
		{"644", policies + "/30-unhealthy-restart.lua", "usr/share/edged/policy.d/30-unhealthy-restart.lua"},
	} {
		command(t, "install", "-D", "-m", f[0], f[1], filepath.Join(tree, f[2])) // it removes a link before it writes
	}
	command(t, "mke2fs", "-q", "-t", "ext4", "-m", "0", "-O", "^has_journal", "-d", tree, filepath.Join(m.dir, "root"), "420M")
}

// power switches the device on.
func (m *machine) power(t *testing.T) {
	t.Helper()
	forward := func(host string, guest int) string { return fmt.Sprintf("hostfwd=tcp:%s-:%d", host, guest) }
	args := append(m.qemu[1:], "-M", "virt", "-smp", "2", "-accel", "tcg,thread=multi", "-m", "512",
		"-kernel", "vmlinuz", "-initrd", "initrd", "-append", "console=ttyAMA0 quiet panic=-1",
		"-display", "none", "-no-reboot", "-monitor", "none",
		"-drive", "if=none,id=root,file=root,format=raw,readonly=on", "-device", "virtio-blk-device,drive=root,serial=root",
		"-drive", "if=none,id=data,file=data.qcow2,format=qcow2,cache=writeback", "-device", "virtio-blk-device,drive=data,serial=data",
		"-netdev", "user,id=n,"+strings.Join([]string{forward(m.docker, 2375), forward(m.mqtt, 1883), forward(m.agent, 1022)}, ","),
		"-device", "virtio-net-device,netdev=n", "-device", "virtio-rng-device")
	if m.rtc != "" {
		args = append(args, "-rtc", "base="+m.rtc)
	}
	m.cmd = exec.Command(m.qemu[0], args...)
	m.cmd.Dir = m.dir
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	m.cmd.Args = append(m.cmd.Args, "-serial", m.console())
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.exited = make(chan struct{})
	go func() {
		_ = m.cmd.Wait()
		close(m.exited)
	}()
}

// console is where the device's console is: a person's terminal, which `go test` keeps from its programs, or a file.
func (m *machine) console() string {
	if wanted() == "stay" {
		if tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0); err == nil {
			m.cmd.Stdin, m.cmd.Stdout = tty, tty
			return "stdio"
		}
	}
	return "file:console"
}

// cut takes the device's power away.
func (m *machine) cut() {
	if m.cmd != nil {
		_ = m.cmd.Process.Kill()
		<-m.exited
	}
}

// boot switches the device on and waits until its engine, its broker and edged are up.
func (m *machine) boot(t *testing.T) {
	t.Helper()
	begun := time.Now()
	m.power(t)
	m.eventually(t, "the engine to answer", func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.docker+"/containers/json", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	})
	m.awaitEdged(t)
	t.Logf("booted in %s", time.Since(begun).Round(time.Second/10))
}

// awaitEdged waits until edged is connected to the engine and to the broker.
func (m *machine) awaitEdged(t *testing.T) {
	t.Helper()
	m.eventually(t, "edged to know the engine", func(ctx context.Context) error {
		out, code, err := m.run(ctx, "edged", "status", "--output", "json")
		if err == nil && (code != 0 || strings.Count(out, `"connected": true`) != 2) {
			err = fmt.Errorf("edged status: %d: %s", code, out)
		}
		return err
	})
}

func (m *machine) eventually(t *testing.T, what string, try func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bootTime)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		// A connection through QEMU to a port that nobody listens at yet may hang.
		once, done := context.WithTimeout(ctx, 20*time.Second)
		err := try(once)
		done()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-m.exited:
			t.Fatalf("wait for %s: the machine has ended", what)
		case <-ctx.Done():
			t.Fatalf("wait for %s: %v", what, err)
		}
	}
}

// run runs a command on the device.
func (m *machine) run(ctx context.Context, words ...string) (output string, code int, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.agent)
	if err != nil {
		return "", 0, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := json.NewEncoder(conn).Encode(words); err != nil {
		return "", 0, err
	}
	all, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		return "", 0, err
	}
	output, end, ended := strings.Cut(string(all), "\x00")
	if !ended {
		return output, 0, errors.New("the agent has gone")
	}
	_, err = fmt.Sscan(end, &code)
	return output, code, err
}

// engine is the device's Docker.
func (m *machine) engine() lab.Engine {
	return lab.Engine{Name: "docker", Host: "tcp://" + m.docker, Patience: bootTime}
}

// image is the full name of one of the lab's images for the device.
func (m *machine) image(name string) string {
	return (&lab.Env{Registry: m.registry}).Image(name)
}

func command(t *testing.T, argv ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	addr, err := lab.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}
