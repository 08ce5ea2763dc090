#!/bin/sh
# Makes what image builders fetch into dist/release/: release.sh VERSION. The source with vendor/, so that it builds
# offline, the binaries with all licences, Debian packages. Writes the checksums into yocto/ and buildroot/, whose change is
# then committed; both are no part of the source, so that it does not contain its own checksum. Same source, same bytes.
set -eu

cd "$(dirname "$0")/.."
version=$1
case $version in
[0-9]*.[0-9]*.[0-9]*) ;;
*)
	echo "release.sh: want a version such as 1.2.3, got \"$version\"" >&2
	exit 64
	;;
esac
out=$PWD/dist/release
# Files have the time of the last commit to what is in the source: the commit of the checksums changes no file of the release.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct -- . ':!yocto' ':!buildroot' ':!.ci')
export SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir -p "$out" "$work/source"

# pack FOLDER NAME: a tarball that depends on nothing but the files, their names and whether they can be executed.
pack() {
	tar -C "$1" --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime="@$SOURCE_DATE_EPOCH" \
		--format=gnu -cf - "edged-$version" | gzip -9n >"$out/$2"
}

source=$work/source/edged-$version
mkdir "$source"
git archive HEAD | tar -xf - -C "$source"
rm -rf "$source/yocto" "$source/buildroot" "$source/.ci"
(cd "$source" && go mod vendor)
pack "$work/source" "edged-$version-source.tar.gz"

make --no-print-directory -C "$source" build GOFLAGS=-mod=vendor VERSION="$version"
mkdir -p dist
for binary in "$source"/dist/edged-linux-*; do
	arch=${binary##*-}
	cp "$binary" dist/
	folder=$work/$arch/edged-$version
	mkdir -p "$folder/packaging" "$folder/scripts"
	cp "$binary" "$folder/edged"
	cp -r "$source/init" "$source/LICENSE" "$folder/"
	cp -r "$source/scripts/lua" "$folder/scripts/"
	cp "$source/packaging/licences.txt" "$source/packaging/thin-edge.links" "$folder/packaging/"
	(cd "$source" && sed -n 's,^    file://\(vendor/[^;]*\);.*,\1,p' "$OLDPWD/yocto/meta-tedge-container/recipes-edged/edged/edged-licences.inc" |
		tar -cf - -T -) | tar -xf - -C "$folder"
	pack "$work/$arch" "edged-$version-linux-$arch.tar.gz"
	packaging/deb.sh "$arch" "$version" "$out" >/dev/null
done
(cd "$out" && sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS && cat SHA256SUMS)

# sum NAME: the checksum of a file of the release.
sum() { awk -v name="$1" '$2 == name {print $1}' "$out/SHA256SUMS"; }

{
	echo "# Written by make release."
	echo "EDGED_VERSION = \"$version\""
	echo "SRC_URI[source.sha256sum] = \"$(sum "edged-$version-source.tar.gz")\""
	for arch in arm64 armv7 armv6 armv5 amd64; do
		echo "SRC_URI[$arch.sha256sum] = \"$(sum "edged-$version-linux-$arch.tar.gz")\""
	done
} >yocto/meta-tedge-container/recipes-edged/edged/edged-release.inc
sed -i "s/^EDGED_VERSION = .*/EDGED_VERSION = $version/" buildroot/package/edged/edged.mk
sed -i "/ edged-[0-9].*\.tar\.gz$/d" buildroot/package/edged/edged.hash
echo "sha256  $(sum "edged-$version-source.tar.gz")  edged-$version-source.tar.gz" >>buildroot/package/edged/edged.hash
