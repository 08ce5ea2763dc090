SUMMARY = "edged with the settings and policies of the product"

require recipes-edged/edged/edged-mirror.inc

inherit packagegroup

RDEPENDS:${PN} = "edged edged-conf"
