#!/bin/sh
# Runs the tests that speak to a real broker with the mosquitto of a Debian suite: brokers.sh SUITE CACHE. Run as root.
set -eu

suite=$1
root=$2/$suite-mosquitto
here=$(dirname "$0")
EDGED_SUITE_PACKAGES='mosquitto dash bash coreutils iproute2' "$here/suite.sh" "$suite" "$root"

# The programs of another suite run with the libraries of that suite.
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
loader=$(echo "$root"/usr/lib*/ld-linux-*.so.*)
libraries=$(find "$root/usr/lib" -name 'libc.so.6' -exec dirname {} \;)
ldconfig -n "$libraries" # no package script has made the links
for program in sbin/mosquitto bin/mosquitto_passwd; do
	printf '#!/bin/sh\nexec %s --library-path %s:%s %s "$@"\n' \
		"$loader" "$libraries" "$root/usr/lib" "$root/usr/$program" >"$tools/$(basename "$program")"
	chmod +x "$tools/$(basename "$program")"
done
PATH=$tools:$PATH
mosquitto -h | head -n 1
go test -count=1 -run Mosquitto ./core/mqtt ./test/lab
