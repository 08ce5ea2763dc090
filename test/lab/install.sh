#!/bin/sh
# Installs what the lab and the tests need on Debian 12, and nothing that is already there. Run as root.
# Go is not installed: Debian 12 has 1.19, older than the go.mod asks for, so the last step only checks it.
set -eu

PATH=$PATH:/usr/sbin:/sbin
GUARD=/usr/sbin/policy-rc.d
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# Each line: package, and a command that proves it. A dash asks dpkg instead, because another package has the same command.
wanted() {
	cat <<'LIST'
aardvark-dns -
busybox-static -
ca-certificates update-ca-certificates
docker-compose docker-compose
docker-registry docker-registry
docker.io dockerd
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
qemu-user-static qemu-aarch64-static
runc runc
shellcheck shellcheck
skopeo skopeo
util-linux nsenter
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

# Go 1.21 and newer fetch the toolchain that go.mod names, so those are good enough.
check_go() {
	need=1.21
	if ! command -v go >/dev/null; then
		echo "install.sh: go is missing: install Go $(sed -n 's/^go //p' "$here/../../go.mod") or newer from https://go.dev/dl/" >&2
		exit 1
	fi
	have=$(go env GOVERSION | sed 's/^go//')
	if [ "$(printf '%s\n%s\n' "$need" "$have" | sort -V | head -n 1)" != "$need" ]; then
		echo "install.sh: go $have is too old: install $need or newer from https://go.dev/dl/" >&2
		exit 1
	fi
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
check_go
