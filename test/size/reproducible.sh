#!/bin/sh
# Builds every binary twice, the second time from another folder and without a
# build cache, and compares them: the same commit must give the same bytes.
set -eu
unset MAKEFLAGS # what make shares with its own is not for a script's
first=$(mktemp -d)
copy=$(mktemp -d)
trap 'rm -rf "$first" "$copy"' EXIT
version=$(git describe --tags --always --dirty)
make --no-print-directory build VERSION="$version" DIST="$first" >/dev/null
git ls-files -co --exclude-standard | tar -cf - -T - | tar -xf - -C "$copy"
make --no-print-directory -C "$copy" build VERSION="$version" GOCACHE="$copy/.cache" GOFLAGS="-buildvcs=false" >/dev/null
for binary in "$first"/*; do
	cmp "$binary" "$copy/dist/$(basename "$binary")"
done
echo "reproducible: $(find "$first" -type f | wc -l) binaries are the same in both builds"
