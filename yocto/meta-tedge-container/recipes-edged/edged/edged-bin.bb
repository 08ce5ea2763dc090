# Takes the static binary of a release, for series whose Go is too old for the source, and for who wants no compiler.
require edged.inc

inherit goarch

COMPATIBLE_HOST = "(aarch64|arm|x86_64).*-linux.*"

# By the machine's tune. goarch.bbclass has no number for ARMv8 in 32 bits, which runs what is made for v7.
EDGED_GOARM = "${TARGET_GOARM}"
EDGED_GOARM:armv8a = "7"
EDGED_ARCH = "${@'armv' + d.getVar('EDGED_GOARM') if d.getVar('TARGET_GOARCH') == 'arm' else d.getVar('TARGET_GOARCH')}"

python () {
    if not d.getVarFlag('SRC_URI', d.getVar('EDGED_ARCH') + '.sha256sum'):
        raise bb.parse.SkipRecipe('no release has a binary for %s' % d.getVar('EDGED_ARCH'))
}

SRC_URI = "${EDGED_MIRROR}/edged-${PV}-linux-${EDGED_ARCH}.tar.gz;name=${EDGED_ARCH}"

EDGED_BINARY = "${S}/edged"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

# It comes stripped, and is linked by Go and not by the distribution's flags.
INHIBIT_PACKAGE_DEBUG_SPLIT = "1"
INHIBIT_PACKAGE_STRIP = "1"
INSANE_SKIP:${PN} += "already-stripped ldflags"

PROVIDES += "edged"
RPROVIDES:${PN} += "edged"
RPROVIDES:${PN}-samples += "edged-samples"
RPROVIDES:${PN}-tedge += "edged-tedge"
RCONFLICTS:${PN} += "edged"
RREPLACES:${PN} += "edged"
