package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// userID is the user of engines without rights, in the root file systems that suite.sh unpacks.
const userID = 1000

// ownerVariable marks the processes of an engine without rights with its folder: some run in namespaces of their own
// and outlive the engine, and nothing on their command lines tells whose they are.
const ownerVariable = "EDGED_LAB_ENGINE"

// prepareUser gives the user of a mount namespace what a login and udev would: sh -c prepareUser sh USER. The device is a
// node of the namespace's own; the machine's may be root's alone.
const prepareUser = `set -e
mkdir -p "/run/user/$1"
chown "$1:$1" "/run/user/$1"
mount -t tmpfs tmpfs /dev/net
mknod -m 666 /dev/net/tun c 10 200
`

// dockerInside runs dockerd in the user namespace and the network that rootlesskit made. There, the machine's loopback is
// another address, and the lab's registries are below port 32768 of it.
const dockerInside = `set -e
rm -f /run/docker /run/containerd /run/xtables.lock
echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
iptables -t nat -A OUTPUT -p tcp -d 127.0.0.1 --dport 20000:32767 -j DNAT --to-destination 10.0.2.2
iptables -t nat -A POSTROUTING -o tap0 -j MASQUERADE
exec "$@"
`

// needRootFor says that the users and programs for an engine without rights are those of another root file system.
func needRootFor(rootless bool, root string) error {
	if rootless && root == "" {
		return errors.New("an engine runs as a user only with a root file system of its own")
	}
	return nil
}

// dropRights has a service that starts with "nsenter --mount=FILE" run as a user, who owns its folder from now on.
func (s *service) dropRights() error {
	user := strconv.Itoa(userID)
	enter, command := s.argv[:2], s.argv[2:]
	prepare := exec.Command(enter[0], enter[1], "sh", "-c", prepareUser, "sh", user)
	if out, err := prepare.CombinedOutput(); err != nil {
		return fmt.Errorf("prepare user: %w: %s", err, out)
	}
	home := filepath.Join(s.dir, "home")
	if err := errors.Join(os.Mkdir(home, 0o755), handOver(s.dir)); err != nil {
		return err
	}
	s.argv = slices.Concat(enter, []string{"setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups"}, command)
	s.env = append(s.env, "HOME="+home, "XDG_RUNTIME_DIR=/run/user/"+user, ownerVariable+"="+s.dir+"/")
	return nil
}

// handOver gives the folder to the user.
func handOver(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == filepath.Dir(pinned(dir)) {
			return filepath.SkipDir
		}
		return os.Lchown(path, userID, userID)
	})
}

// inUserNamespace has dockerd run by rootlesskit, with a containerd of dockerd's own, as dockerd-rootless.sh does.
func (d *Docker) inUserNamespace() error {
	enter, command := d.argv[:2], d.argv[2:]
	at := slices.Index(command, "--containerd")
	command = slices.Delete(slices.Clone(command), at, at+2)
	d.argv = slices.Concat(enter, []string{
		"rootlesskit", "--state-dir=" + filepath.Join(d.dir, "rootlesskit"), "--net=slirp4netns", "--mtu=1500",
		"--port-driver=builtin", "--copy-up=/etc", "--copy-up=/run", "--propagation=rslave", "sh", "-c", dockerInside, "sh",
	}, command)
	d.env = append(d.env, "PATH=/usr/sbin:/usr/bin")
	return d.dropRights()
}
