#!/bin/sh
# The partition that can be written: Docker's data and edged's state are on it, all else is read-only.
set -eu
target=$1
mkdir -p "$target/data" "$target/etc/docker"
grep -q ' /data ' "$target/etc/fstab" ||
	echo '/dev/vdb /data ext4 defaults,noatime,nofail 0 2' >>"$target/etc/fstab"
echo '{"data-root": "/data/docker"}' >"$target/etc/docker/daemon.json"
