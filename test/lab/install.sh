#!/bin/sh
# Installs what the lab and the tests need on Debian 12, and nothing that is already there; with the argument "qemu" also
# what emulated machines need. Run as root.
set -eu

PATH=$PATH:/usr/sbin:/sbin
GUARD=/usr/sbin/policy-rc.d
part=${1:-}

# Each line: package, and a command that proves it. A dash asks dpkg instead, because another package has the same command.
wanted() {
	cat <<'LIST'
aardvark-dns -
busybox-static -
ca-certificates update-ca-certificates
docker-compose docker-compose
docker-registry docker-registry
docker.io dockerd
e2fsprogs mke2fs
gcc gcc
git git
iproute2 ip
iptables iptables
libc6-dev -
lua-check luacheck
lua5.1 lua5.1
make make
mosquitto mosquitto
mosquitto-clients mosquitto_pub
netavark -
podman podman
podman-compose podman-compose
python3 python3
qemu-system-common qemu-storage-daemon
qemu-user-static qemu-aarch64-static
runc runc
shellcheck shellcheck
skopeo skopeo
util-linux nsenter
LIST
	[ "$part" != qemu ] || cat <<'LIST'
cpio cpio
kmod depmod
qemu-system-arm qemu-system-aarch64
qemu-utils qemu-img
LIST
}

missing() {
	wanted | while read -r package probe; do
		if [ "$probe" = - ]; then
			dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
		else
			command -v "$probe" >/dev/null || echo "$package"
		fi
	done
}

# The lab starts its own daemons on private sockets. Until the installation is over, a policy of "never" (exit 101)
# keeps the packages from starting the system's.
install_quietly() {
	saved=
	if [ -e "$GUARD" ]; then
		saved=$(mktemp)
		cp -p "$GUARD" "$saved"
	fi
	trap restore_guard EXIT
	trap 'exit 130' INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$GUARD"
	chmod 755 "$GUARD"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null
}

restore_guard() {
	if [ -n "$saved" ]; then
		cp -p "$saved" "$GUARD"
		rm -f "$saved"
	else
		rm -f "$GUARD"
	fi
}

# Go 1.21 and newer fetch the toolchain that go.mod names, so those are good enough. Debian 12 has an older one, but its
# backports don't; the Makefile knows where those put it.
NEED=1.21
BACKPORT=golang-1.23-go
BACKPORT_BIN=/usr/lib/go-1.23/bin

enough() {
	[ -n "$1" ] && [ "$(printf '%s\n%s\n' "$NEED" "$1" | sort -V | head -n 1)" = "$NEED" ]
}

has_go() {
	PATH=$PATH:/usr/local/go/bin:$BACKPORT_BIN
	command -v go >/dev/null && enough "$(go env GOVERSION | sed 's/^go//')"
}

install_go() {
	candidate=$(apt-cache policy golang-go | sed -n 's/^ *Candidate: *[0-9]*:*//p')
	if enough "$candidate"; then
		install_quietly golang-go
		return
	fi
	# shellcheck disable=SC1091 # the running system's
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# shellcheck disable=SC2016 # apt fills it in
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' | grep '/debian/*$' | head -n 1)
	list=$(mktemp --suffix=.list)
	echo "deb $mirror $codename-backports main" >"$list"
	chmod 644 "$list"
	apt-get update -qq -o Dir::Etc::SourceList="$list" -o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=0
	apt-get install -y -qq --no-install-recommends -o Dir::Etc::SourceList="$list" -o Dir::Etc::SourceParts=/etc/apt/sources.list.d \
		-o Dpkg::Use-Pty=0 "$BACKPORT" >/dev/null
	rm -f "$list"
}

packages=$(missing)
if [ -n "$packages" ]; then
	if [ "$(id -u)" -ne 0 ]; then
		echo "install.sh: missing, and only root can install:" "$(echo "$packages" | tr '\n' ' ')" >&2
		exit 1
	fi
	echo "install.sh: installing" "$(echo "$packages" | tr '\n' ' ')"
	# shellcheck disable=SC2086 # one word for each package
	install_quietly $packages
fi
if ! has_go; then
	echo "install.sh: installing Go"
	install_go
	has_go || {
		echo "install.sh: Go $NEED or newer is missing: install it from https://go.dev/dl/" >&2
		exit 1
	}
fi
