#!/bin/sh
# Unpacks the container engines and compose tools of a Debian suite into a folder: suite.sh SUITE FOLDER. Nothing is
# installed and no package script runs; a folder that has these packages is left as it is. Run as root. Other packages
# and another architecture: EDGED_SUITE_PACKAGES, EDGED_SUITE_ARCH.
set -eu

suite=$1
root=$2
MIRROR=${EDGED_MIRROR:-http://deb.debian.org/debian}
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
PACKAGES='docker.io podman runc netavark aardvark-dns iptables nftables mount dash bash coreutils util-linux
	ca-certificates catatonit iproute2 uidmap slirp4netns passt rootlesskit fuse-overlayfs
	docker-compose podman-compose'
[ "$suite" = bookworm ] || PACKAGES="$PACKAGES docker-cli" # a part of docker.io before
PACKAGES=${EDGED_SUITE_PACKAGES:-$PACKAGES}
ARCH=${EDGED_SUITE_ARCH:-$(dpkg --print-architecture)}

# private is apt with a package list and an idea of what is installed (nothing) of its own.
private() {
	apt-get -qq \
		-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$apt" -o Dir::State::Status="$apt/status" -o Dir::Cache="$apt" \
		-o APT::Architecture="$ARCH" -o APT::Architectures="$ARCH" -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
		"$@"
}

unpack() {
	for deb in "$apt"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar --extract --directory "$part" --keep-directory-symlink \
			--exclude './usr/share/doc/*' --exclude './usr/share/man/*' --exclude './usr/share/locale/*'
	done
}

# finish does the little of the packages' scripts that engines need.
finish() {
	ln -sf dash "$part/usr/bin/sh"
	ln -sf iptables-nft "$part/usr/sbin/iptables"
	ln -sf ip6tables-nft "$part/usr/sbin/ip6tables"
	printf 'root:x:0:0:root:/root:/bin/sh\nrootless:x:1000:1000::/home:/bin/sh\n' >"$part/etc/passwd"
	printf 'root:x:0:\nrootless:x:1000:\n' >"$part/etc/group"
	echo 'rootless:100000:65536' >"$part/etc/subuid"
	echo 'rootless:100000:65536' >"$part/etc/subgid"
	echo '127.0.0.1 localhost' >"$part/etc/hosts"
	: >"$part/etc/resolv.conf"
}

[ "$(cat "$root/.packages" 2>/dev/null)" = "$PACKAGES" ] && exit 0
part=$root.part
apt=$root.apt
rm -rf "$part" "$apt" "$root"
trap 'rm -rf "$part" "$apt"' EXIT
mkdir -p "$part/usr" "$apt/lists/partial" "$apt/archives/partial"
: >"$apt/status"
echo "deb [signed-by=$KEYRING] $MIRROR $suite main" >"$apt/sources.list"
for dir in bin sbin lib lib64; do
	mkdir "$part/usr/$dir"
	ln -s "usr/$dir" "$part/$dir"
done
private update
# shellcheck disable=SC2086 # one word for each package
private install --yes --download-only --no-install-recommends -o Dir::Cache::Archives="$apt/archives" $PACKAGES
unpack
finish
echo "$PACKAGES" >"$part/.packages"
mv "$part" "$root"
