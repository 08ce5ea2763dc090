package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// enter builds the view of a mount namespace: sh -c enter sh ROOT DIR PRIVATE... A root other than this machine's is
// bound read-only, with the machine's kernel file systems and DIR at their places, and becomes the root by pivot_root:
// in a bare chroot dockerd fails to unpack images ("remount /: invalid argument"). No dpkg is in it, as on devices:
// Podman asks it for the packages of half a dozen programs, a second or two of a processor, whenever it is asked for its
// version.
const enter = `set -e
root=$1 dir=$2
shift 2
if [ -n "$root" ]; then
	mount --bind "$root" "$root"
	mount -o remount,bind,ro "$root"
	for path in proc sys dev; do mount --rbind "/$path" "$root/$path"; done
	for path in run tmp var/tmp; do mount -t tmpfs tmpfs "$root/$path"; done
	mkdir -p "$root$dir"
	mount --bind "$dir" "$root$dir"
fi
for path; do
	mkdir -p "$root$path"
	mount -t tmpfs tmpfs "$root$path"
done
[ ! -e "$root/usr/bin/dpkg" ] || mount --bind /dev/null "$root/usr/bin/dpkg"
[ -z "$root" ] && exit
cd "$root"
pivot_root . .
umount -l .
`

// makeMountNamespace makes a mount namespace that lasts while dir/ns/mnt is mounted, with empty file systems of its own
// at the private paths, and returns that file for nsenter. A daemon that shares fixed paths with every other of its kind
// can be started in it again and again, and its mounts never show on the machine. The programs in it are those of the
// folder root, or this machine's when that is empty.
func makeMountNamespace(dir, root string, private ...string) (string, error) {
	pins := filepath.Join(dir, "ns")
	file := pinned(dir)
	if err := os.MkdirAll(pins, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		return "", err
	}
	// The kernel refuses to pin a mount namespace below a mount that propagates, hence the private one.
	for _, command := range [][]string{
		{"mount", "--bind", pins, pins},
		{"mount", "--make-private", pins},
		append([]string{"unshare", "--mount=" + file, "--propagation", "private", "sh", "-c", enter, "sh", root, dir}, private...),
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, out)
		}
	}
	return file, nil
}

func pinned(dir string) string { return filepath.Join(dir, "ns", "mnt") }

// mountNamespaces lists the pinned namespaces of dir and the folders in it, as links like mnt:[4026532177] name them.
func mountNamespaces(dir string) []string {
	var links []string
	for _, pattern := range []string{pinned(dir), pinned(filepath.Join(dir, "*"))} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			var stat syscall.Stat_t
			if err := syscall.Stat(file, &stat); err == nil {
				links = append(links, fmt.Sprintf("mnt:[%d]", stat.Ino))
			}
		}
	}
	return links
}
