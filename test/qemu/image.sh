#!/bin/sh
# Makes what an emulated machine boots from, of Debian's packages: image.sh ARCH FOLDER, for arm64 or armhf. FOLDER gets
# vmlinuz, initrd, and tree, a root file system with Docker and mosquitto on BusyBox's init. One that is there and made in
# the same way is left as it is. Run as root.
set -eu

PATH=$PATH:/usr/sbin:/sbin
arch=$1
folder=$2
here=$(dirname "$(readlink -f "$0")")

case $arch in
arm64) kernel=linux-image-cloud-arm64 ;;
armhf) kernel=linux-image-armmp-lpae ;;
*) echo "image.sh: no image for $arch" >&2 && exit 64 ;;
esac
made=$(cat "$0" "$here"/guest/init "$here"/../matrix/suite.sh | sha256sum)
[ "$(cat "$folder/made" 2>/dev/null)" = "$made" ] && exit 0

# modules copies the kernel's modules that the machine needs, and those that they need, and writes down in which order
# they are loaded.
MODULES='virtio_mmio virtio_pci virtio_blk virtio_net virtio_rng ext4 crc32c_generic overlay bridge veth'
modules() {
	version=$(ls "$1/lib/modules")
	depmod -b "$1" "$version"
	mkdir -p "$2/modules"
	for module in $MODULES; do
		modprobe --show-depends -d "$1" -S "$version" "$module"
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ {print $1}' | while read -r path; do
		cp "$path" "$2/modules/"
		echo "/modules/${path##*/}" >>"$2/modules/order"
	done
}

# applets gives BusyBox every name that no other program has.
applets() {
	busybox --list | while read -r name; do
		[ -e "$1/usr/bin/$name" ] || [ -e "$1/usr/sbin/$name" ] || ln -sf busybox "$1/usr/bin/$name"
	done
	ln -sf busybox "$1/usr/bin/sh"
	ln -sf ../bin/busybox "$1/usr/sbin/init"
}

part=$folder.part
rm -rf "$part" "$folder"
mkdir -p "$part/ramdisk/bin"
trap 'rm -rf "$part"' EXIT
EDGED_SUITE_ARCH=$arch EDGED_SUITE_PACKAGES="docker.io containerd runc tini busybox-static mosquitto ca-certificates $kernel" \
	"$here/../matrix/suite.sh" bookworm "$folder.packages"
packages=$folder.packages

cp "$packages"/boot/vmlinuz-* "$part/vmlinuz"
modules "$packages" "$part/ramdisk"
cp "$packages/bin/busybox" "$part/ramdisk/bin/"
cp "$here/guest/init" "$part/ramdisk/init"
(cd "$part/ramdisk" && find . | cpio --quiet -o -H newc | gzip -1) >"$part/initrd"
rm -r "$part/ramdisk"

cp -al "$packages" "$part/tree"
tree=$part/tree
rm -rf "${tree:?}"/boot "$tree"/lib/modules "$tree"/usr/share/perl* "$tree"/usr/lib/*/perl* "$tree"/usr/lib/*/gconv \
	"$tree"/usr/share/zoneinfo "$tree"/usr/share/doc "$tree"/usr/bin/perl* "$tree"/usr/sbin/dockerd-* "$tree"/usr/bin/ctr
rm -f "$tree"/etc/resolv.conf "$tree"/etc/passwd "$tree"/etc/group # links to those of the packages
printf 'root:x:0:0:root:/root:/bin/sh\nmosquitto:x:101:101::/:/bin/false\n' >"$tree/etc/passwd"
printf 'root:x:0:\nedged:x:100:\nmosquitto:x:101:\n' >"$tree/etc/group"
mkdir -p "$tree/data" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/run" "$tree/tmp" "$tree/root"
rm -rf "$tree/var/run"
ln -s ../run "$tree/var/run"
applets "$tree"
echo "$made" >"$part/made"
mv "$part" "$folder"
