SUMMARY = "Settings and policy scripts of a product for edged"
DESCRIPTION = "The main file of edged's settings, and the policy scripts of the image. A product brings its own by a \
bbappend, see the example in this layer."
SECTION = "admin"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10"

inherit allarch

# Files of a bbappend: settings (*.yaml) and policy scripts (*.lua), in the order of their names.
EDGED_SETTINGS ?= ""
EDGED_POLICIES ?= ""

SRC_URI = "${@' '.join('file://' + f for f in (d.getVar('EDGED_SETTINGS') + ' ' + d.getVar('EDGED_POLICIES')).split())}"
S = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    install -d ${D}${sysconfdir}/edged/conf.d ${D}${sysconfdir}/edged/policy.d ${D}${datadir}/edged/policy.d
    echo "state_dir: ${EDGED_STATE_DIR}" > ${D}${sysconfdir}/edged/edged.yaml
    for file in ${EDGED_SETTINGS}; do
        install -m 0644 ${S}/$file ${D}${sysconfdir}/edged/conf.d/
    done
    for file in ${EDGED_POLICIES}; do
        install -m 0644 ${S}/$file ${D}${datadir}/edged/policy.d/
    done
    if [ "${EDGED_STATE_DIR}" != /var/lib/edged ] && ${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'true', 'false', d)}; then
        install -d ${D}${systemd_system_unitdir}/edged.service.d
        printf '[Service]\nExecStartPre=+/bin/mkdir -p %s\nReadWritePaths=-%s\n' ${EDGED_STATE_DIR} ${EDGED_STATE_DIR} \
            > ${D}${systemd_system_unitdir}/edged.service.d/state.conf
    fi
}

FILES:${PN} += "${datadir}/edged ${systemd_system_unitdir}/edged.service.d"
CONFFILES:${PN} = "${sysconfdir}/edged/edged.yaml"
