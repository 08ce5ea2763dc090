################################################################################
#
# edged
#
################################################################################

EDGED_VERSION = 0.1.0
# The tarball has vendor/ already.
EDGED_SOURCE = edged-$(EDGED_VERSION)-source.tar.gz
EDGED_SITE = $(call qstrip,$(BR2_PACKAGE_EDGED_MIRROR))
EDGED_GOMOD = edged

# licences: written by go generate ./test/packaging
EDGED_LICENSE = EPL-2.0 or BSD-3-Clause, Apache-2.0, BSD-2-Clause, BSD-3-Clause, MIT
EDGED_LICENSE_FILES = \
	LICENSE \
	vendor/github.com/containerd/errdefs/LICENSE \
	vendor/github.com/containerd/errdefs/pkg/LICENSE \
	vendor/github.com/distribution/reference/LICENSE \
	vendor/github.com/docker/docker/LICENSE \
	vendor/github.com/docker/go-connections/LICENSE \
	vendor/github.com/docker/go-units/LICENSE \
	vendor/github.com/eclipse/paho.mqtt.golang/LICENSE \
	vendor/github.com/go-viper/mapstructure/v2/LICENSE \
	vendor/github.com/klauspost/compress/LICENSE \
	vendor/github.com/knadh/koanf/maps/LICENSE \
	vendor/github.com/knadh/koanf/v2/LICENSE \
	vendor/github.com/mitchellh/copystructure/LICENSE \
	vendor/github.com/mitchellh/reflectwalk/LICENSE \
	vendor/github.com/moby/docker-image-spec/LICENSE \
	vendor/github.com/opencontainers/go-digest/LICENSE \
	vendor/github.com/opencontainers/image-spec/LICENSE \
	vendor/github.com/pkg/errors/LICENSE \
	vendor/github.com/spf13/cobra/LICENSE.txt \
	vendor/github.com/spf13/pflag/LICENSE \
	vendor/github.com/yuin/gopher-lua/LICENSE \
	vendor/go.opentelemetry.io/otel/LICENSE \
	vendor/go.opentelemetry.io/otel/trace/LICENSE \
	vendor/golang.org/x/sync/LICENSE \
	vendor/golang.org/x/sys/LICENSE \
	vendor/gopkg.in/yaml.v3/LICENSE
# end of licences

# The flags are those of edged's own Makefile; Buildroot strips.
EDGED_GO_ENV = CGO_ENABLED=0 GOFLAGS="-mod=vendor -p=$(PARALLEL_JOBS)"

define EDGED_BUILD_CMDS
	$(HOST_GO_TARGET_ENV) $(EDGED_GO_ENV) $(MAKE) -C $(@D) binary \
		GO=$(GO_BIN) GOTOOLCHAIN=local STRIP= \
		VERSION=$(EDGED_VERSION) OUT=$(@D)/bin/edged
endef

define EDGED_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 0755 $(@D)/bin/edged $(TARGET_DIR)/usr/bin/edged
	$(INSTALL) -d $(TARGET_DIR)/etc/edged/policy.d \
		$(TARGET_DIR)/usr/share/edged/policy.d
	printf 'state_dir: %s\n' $(BR2_PACKAGE_EDGED_STATE_DIR) \
		> $(TARGET_DIR)/etc/edged/edged.yaml
endef

ifeq ($(BR2_PACKAGE_EDGED_THIN_EDGE),y)
define EDGED_INSTALL_LINKS
	for link in $$(cat $(@D)/packaging/thin-edge.links); do \
		mkdir -p $(TARGET_DIR)/$${link%/*}; \
		ln -sf /usr/bin/edged $(TARGET_DIR)/$$link; \
	done
endef
EDGED_POST_INSTALL_TARGET_HOOKS += EDGED_INSTALL_LINKS
endif

ifeq ($(BR2_PACKAGE_EDGED_SAMPLES),y)
define EDGED_INSTALL_SAMPLES
	$(INSTALL) -d $(TARGET_DIR)/usr/share/edged/samples
	$(INSTALL) -m 0644 $(@D)/scripts/lua/*.lua \
		$(TARGET_DIR)/usr/share/edged/samples/
endef
EDGED_POST_INSTALL_TARGET_HOOKS += EDGED_INSTALL_SAMPLES
endif

define EDGED_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(EDGED_PKGDIR)/S90edged \
		$(TARGET_DIR)/etc/init.d/S90edged
endef

define EDGED_INSTALL_INIT_OPENRC
	$(INSTALL) -D -m 0755 $(@D)/init/openrc/edged \
		$(TARGET_DIR)/etc/init.d/edged
	$(INSTALL) -D -m 0644 $(@D)/init/openrc/edged.confd \
		$(TARGET_DIR)/etc/conf.d/edged
endef

define EDGED_INSTALL_INIT_SYSTEMD
	$(INSTALL) -D -m 0644 $(EDGED_PKGDIR)/edged.service \
		$(TARGET_DIR)/usr/lib/systemd/system/edged.service
	mkdir -p $(TARGET_DIR)/usr/lib/systemd/system/edged.service.d
	printf '[Service]\nExecStartPre=+/bin/mkdir -p %s\nReadWritePaths=-%s\n' \
		$(BR2_PACKAGE_EDGED_STATE_DIR) $(BR2_PACKAGE_EDGED_STATE_DIR) \
		> $(TARGET_DIR)/usr/lib/systemd/system/edged.service.d/state.conf
endef

# Members of the group may use the command line.
define EDGED_USERS
	- -1 edged -1 - - - - edged's socket
endef

$(eval $(golang-package))
