SUMMARY = "edged with the settings and policies of the product"
HOMEPAGE = "https://thin-edge.io"

inherit packagegroup

RDEPENDS:${PN} = "edged edged-conf"
