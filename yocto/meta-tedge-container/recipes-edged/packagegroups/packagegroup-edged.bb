SUMMARY = "edged with the settings and policies of the product"

inherit packagegroup

RDEPENDS:${PN} = "edged edged-conf"
