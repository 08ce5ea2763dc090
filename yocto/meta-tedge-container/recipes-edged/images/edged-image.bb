SUMMARY = "An example: a small image with a read-only root and edged in it"
LICENSE = "Apache-2.0"

require recipes-edged/edged/edged-mirror.inc

inherit core-image

IMAGE_FEATURES += "read-only-rootfs"
# An engine and a broker come with PACKAGECONFIG of edged, or by name: docker-moby, mosquitto.
IMAGE_INSTALL = "packagegroup-core-boot packagegroup-edged ${CORE_IMAGE_EXTRA_INSTALL}"
