#!/bin/sh
# Runs every fuzz target of the module, one after the other: fuzz.sh TIME, as in 30s. What a target finds is written to
# testdata/fuzz beside it, where every later test run tries it again.
set -eu

time=$1
packages=$(go list ./...)
failed=
for package in $packages; do
	tests=$(go test -list '^Fuzz' "$package") # a package that doesn't build ends the script
	for target in $(echo "$tests" | sed -n '/^Fuzz/p'); do
		echo "== $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package" || failed="$failed $target"
	done
done
if [ -n "$failed" ]; then
	echo "fuzz.sh: failed:$failed" >&2
	exit 1
fi
