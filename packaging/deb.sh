#!/bin/sh
# Makes a Debian package of a built binary: deb.sh ARCH VERSION FOLDER [BINARY], with ARCH as in dist/edged-linux-ARCH. The
# same commit gives the same bytes.
set -eu

cd "$(dirname "$0")/.."
arch=$1
folder=$3
binary=${4:-dist/edged-linux-$arch}
# Debian's versions begin with a digit; what git adds for a commit after a tag sorts behind the tag.
version=$(echo "$2" | sed 's/^v//; s/-/+/g')
case $version in
[0-9]*) ;;
*) version=0~$version ;;
esac
# armel has no armv6 of its own, and armhf is armv7 in Debian.
case $arch in
armv7) debian=armhf ;;
armv6 | armv5) debian=armel ;;
*) debian=$arch ;;
esac
name=edged_${version}_$debian
[ "$arch" = armv6 ] && name=edged_${version}_$debian-v6

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
install -D -m 755 "$binary" "$root/usr/bin/edged"
install -D -m 644 init/systemd/edged.service "$root/lib/systemd/system/edged.service"
install -D -m 755 init/sysv/edged "$root/etc/init.d/edged"
install -D -m 644 init/edged.yaml "$root/etc/edged/edged.yaml"
install -d "$root/etc/edged/policy.d" "$root/usr/share/edged/policy.d" "$root/usr/share/edged/samples"
install -m 644 scripts/lua/*.lua "$root/usr/share/edged/samples/"
install -D -m 644 LICENSE "$root/usr/share/doc/edged/copyright"
cat packaging/licences.txt >>"$root/usr/share/doc/edged/copyright"
install -d "$root/DEBIAN"
for script in postinst prerm postrm; do
	install -m 755 "packaging/deb/$script" "$root/DEBIAN/$script"
done
printf '/etc/edged/edged.yaml\n/etc/init.d/edged\n' >"$root/DEBIAN/conffiles"
size=$(du -sk --apparent-size "$root" | cut -f 1)
cat >"$root/DEBIAN/control" <<CONTROL
Package: edged
Version: $version
Architecture: $debian
Maintainer: edged <edged@localhost>
Installed-Size: $size
Section: admin
Priority: optional
Suggests: docker.io | podman, mosquitto
Description: watch, update and report on the containers of a device
 edged looks after the containers of a device: it asks policy scripts before
 anything changes, updates containers so that a power cut leaves the old or the
 new one running, and reports over MQTT in the conventions of thin-edge.io.
CONTROL
# Files get the time of the commit, so that two builds are the same.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -print | sed 's,^\./,,' | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums)
touch -d "@$SOURCE_DATE_EPOCH" "$root/DEBIAN/md5sums" "$root/DEBIAN"
dpkg-deb --root-owner-group -Zxz --build "$root" "$folder/$name.deb" >/dev/null
echo "$folder/$name.deb"
