# edged: build, test and try it. `make` alone lists the targets.

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
ARCHES   := arm64 armv7 armv6 armv5 amd64
DIST     ?= dist
BINARIES := $(ARCHES:%=$(DIST)/edged-linux-%)
TOOLS    := .tools
GOLANGCI := $(TOOLS)/golangci-lint-v2.12.0

# Engines speak HTTP/1.1 on their sockets, and half a megabyte of HTTP/2 would never run.
TAGS := nethttpomithttp2

# Where test/lab/install.sh puts Go on a machine that has none; Debian's does not
# fetch the toolchain that go.mod names unless it is told to.
export PATH := $(PATH):/usr/local/go/bin:/usr/lib/go-1.23/bin
export GOTOOLCHAIN ?= auto

# Static, without symbols, without paths or clocks of the machine that builds:
# two builds of one commit are the same to the byte.
export CGO_ENABLED ?= 0

# Inlining costs more than half a megabyte. It is kept where it counts: in the
# runtime and in the Lua interpreter.
INLINE := -gcflags=all=-l $(patsubst %,-gcflags=%=,runtime/... internal/abi internal/runtime/... github.com/yuin/gopher-lua)
STRIP  ?= -s -w
GO     ?= go
FLAGS   = -tags $(TAGS) $(INLINE) -trimpath
BUILD   = $(GO) build $(FLAGS) -buildvcs=false -ldflags '$(STRIP) -buildid= -X main.version=$(VERSION)'

goenv_arm64 := GOARCH=arm64
goenv_armv7 := GOARCH=arm GOARM=7
goenv_armv6 := GOARCH=arm GOARM=6
goenv_armv5 := GOARCH=arm GOARM=5
goenv_amd64 := GOARCH=amd64

# Built, not "go run": the lab's exit status and the signals to it must be its own.
LAB := $(TOOLS)/lab

# A cache of this folder's own: golangci-lint keeps findings by content and names
# files where it first saw them, so that another clone's paths escape the rules here.
export GOLANGCI_LINT_CACHE := $(abspath $(TOOLS))/lint-cache

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build $(BINARIES)
build: $(BINARIES) ## build static binaries for all architectures into dist/
$(BINARIES): $(DIST)/edged-linux-%:
	GOOS=linux $(goenv_$*) $(BUILD) -o $@ ./cmd/edged

# For image builders, which bring a toolchain and strip by themselves; GOARCH and GOARM say for what.
OUT ?= edged
.PHONY: binary
binary:
	$(BUILD) -o $(OUT) ./cmd/edged

.PHONY: deb
deb: build ## make Debian packages for all architectures into dist/
	for arch in $(ARCHES); do packaging/deb.sh $$arch $(VERSION) dist || exit 1; done

.PHONY: release
release: ## make what image builders fetch into dist/release/, and write its checksums into yocto/ and buildroot/ (VERSION=1.2.3)
	packaging/release.sh $(VERSION)

# For tests that compile as it is shipped.
.PHONY: flags
flags:
	@echo $(FLAGS)

.PHONY: size
size: build ## print the bytes of each binary and fail over the budget of test/size/budget
	go run ./test/size

.PHONY: $(LAB)
$(LAB):
	go build -o $@ ./test/lab/cmd/lab

.PHONY: deps
deps: ## install what the tests and the demo need (Debian, as root)
	test/lab/install.sh

.PHONY: demo
demo: deps $(LAB) ## show the main job on real containers, from nothing
	$(LAB) run -- go run ./test/demo

.PHONY: run
run: deps $(LAB) ## like demo's setting, but left running for a person
	$(LAB) run -- go run ./test/demo -stay

.PHONY: lab
lab: deps $(LAB) ## start engines, broker and registries, print how to reach them, wait for Ctrl-C
	$(LAB) up

.PHONY: test
test: deps $(LAB) ## run every test, on real engines, broker and registries
	$(MAKE) --no-print-directory -j2 test-go checks
	$(MAKE) --no-print-directory lua size

.PHONY: test-go
test-go: $(LAB)
	CGO_ENABLED=1 MAKEFLAGS= $(LAB) run -- go test -race -p 1 -timeout 30m ./...

# What needs no engine has the time in which the tests wait for theirs.
.PHONY: checks
checks: $(GOLANGCI)
	nice $(MAKE) --no-print-directory lint reproducible lua-on-arm

.PHONY: test-lua
test-lua: lua lua-on-arm ## compare the Lua machine with lua5.1, let hostile scripts loose on it, try it on arm64 and armv7 under qemu

# Without the race detector: what hostile scripts take is measured, and ten thousand programs take too long with it.
.PHONY: lua
lua: deps
	go test -count=1 -p 1 ./hooks/lua/vm/... ./hooks/lua

.PHONY: lua-on-arm
lua-on-arm: deps
	GOARCH=arm64 go test -count=1 -exec qemu-aarch64-static $(ON_ARM) ./hooks/lua/vm
	GOARCH=arm GOARM=7 go test -count=1 -exec qemu-arm-static $(ON_ARM) ./hooks/lua/vm
# Nothing that starts lua5.1: the emulator may hang when it forks.
ON_ARM := -run '^Test(Corpus|Faults|Compile|Sandbox|Coroutines)' -skip '^TestFaultsAreFaults$$'

.PHONY: test-faults
test-faults: deps $(LAB) ## kill edged and engines at every request of every kind of update, fill disks, break registries
	EDGED_FAULTS=all $(LAB) --no-docker --no-podman run -- go test -count=1 -timeout 3h -v ./test/faults

# SHELL is make's own word for what runs the recipes, and it does not take that from the environment.
ifeq ($(SHELL),1)
override SHELL := /bin/sh
STAY := 1
endif

.PHONY: test-qemu
test-qemu: deps $(LAB) ## run edged on emulated ARM processors and devices, and cut their power (SHELL=1: leave a device up, DEVICE=armhf)
	test/lab/install.sh qemu
	@if [ "$$SHELL" = 1 ] || [ -n "$(STAY)" ]; then \
		EDGED_QEMU=stay go test -count=1 -timeout 24h -v -run 'TestDevice/$(or $(DEVICE),arm64)' ./test/qemu; \
	else \
		EDGED_QEMU=all $(LAB) --no-podman run -- go test -count=1 -p 1 -timeout 5h -v ./test/qemu ./test/powercut; \
	fi

.PHONY: unit
unit: ## run the tests that need no lab
	CGO_ENABLED=1 go test -race ./...

.PHONY: test-matrix
test-matrix: deps ## test the engine layer on Docker 20.10, 26, 28 and Podman 4, 5 (EDGED_FIDELITY_N=60)
	EDGED_FIDELITY_N=$(or $(EDGED_FIDELITY_N),60) go run ./test/matrix -cache $(or $(MATRIX_CACHE),/var/cache/edged-lab)

.PHONY: test-brokers
test-brokers: deps ## test what speaks to a broker on mosquitto 2.0 and 2.1
	go test -count=1 -run Mosquitto ./core/mqtt
	test/matrix/brokers.sh forky $(or $(MATRIX_CACHE),/var/cache/edged-lab)

.PHONY: reproducible
reproducible: ## build twice and compare
	test/size/reproducible.sh

.PHONY: lint
lint: $(GOLANGCI) ## check form and style of code, scripts and policies
	@test -z "$$(gofmt -l cmd core engine hooks test)" || { gofmt -l cmd core engine hooks test; echo 'not gofmt-ed'; exit 1; }
	$(GOLANGCI) run ./...
	luacheck --quiet --config scripts/lua/.luacheckrc scripts/lua
	git ls-files '*.sh' .ci/run | xargs shellcheck

$(GOLANGCI):
	GOBIN=$(abspath $(TOOLS)) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.0
	mv $(TOOLS)/golangci-lint $@

.PHONY: bench
bench: deps $(LAB) ## measure latencies, memory and outages on this machine, and what policy costs on arm
	go run ./test/bench/policy
	$(LAB) --no-podman run -- go run ./test/bench

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s), and compare 200 000 random programs with lua5.1
	LUA_PROGRAMS=$(or $(LUA_PROGRAMS),200000) go test -count=1 -timeout 2h -run TestSameAsLua ./hooks/lua/vm
	test/fuzz.sh $(or $(FUZZTIME),30s)

.PHONY: vulncheck
vulncheck: ## look for known vulnerabilities (needs the network's database)
	go run golang.org/x/vuln/cmd/govulncheck@latest ./...

.PHONY: clean
clean: ## remove what was built
	rm -rf dist $(TOOLS)
