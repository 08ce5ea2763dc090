# Builds edged from source, where the series has the Go that it needs.
require edged.inc

SRC_URI = "${EDGED_MIRROR}/edged-${PV}-source.tar.gz;name=source"

GO_IMPORT = "edged"
inherit go

# The line "go" of go.mod.
EDGED_GO = "1.26"

# scarthgap says which Go it takes. wrynose does not: it has one, and that is new enough.
python () {
    have = (d.getVar('GOVERSION') or '').rstrip('%').rstrip('.')
    if have and bb.utils.vercmp_string_op(have, d.getVar('EDGED_GO'), '<'):
        raise bb.parse.SkipRecipe('needs Go %s, this series has %s; edged-bin takes its place' % (d.getVar('EDGED_GO'), have))
}

EDGED_BINARY = "${B}/edged"

# Static, by the rules of edged's own Makefile; all modules are in vendor/, and packaging strips.
CGO_ENABLED = "0"
GO_LINKSHARED = ""

do_configure[noexec] = "1"

do_compile() {
    export TMPDIR="${GOTMPDIR}"
    oe_runmake -C ${S} binary GO="${GO}" GOTOOLCHAIN=local GOFLAGS="-mod=vendor -modcacherw" STRIP= VERSION=${PV} OUT=${EDGED_BINARY}
}
