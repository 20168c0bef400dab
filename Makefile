# The way in. `make help` lists the targets.

SHELL := /bin/bash
export PATH := $(PATH):/opt/swift/usr/bin

# Flags for the debug build that the Swift tests run on: CI adds -Xswiftc -warnings-as-errors.
SWIFT_FLAGS ?=
# How many end-to-end tests run side by side, and what else pytest should know (PYTEST='-k keys').
WORKERS ?= 2
PYTEST ?=
# Which drills of `make attack` (ATTACK='--only slow-loris').
ATTACK ?=
# How long all trials of the fuzzer take together, in seconds.
FUZZ_SECONDS ?= 1800
# How long the soak takes.
SOAK_MINUTES ?= 60

RELEASE := swift build -c release --static-swift-stdlib --product tollgate
SOURCES := $(wildcard Sources Tests Package.swift)
VENV := .build/venv
PYTHON := $(CURDIR)/$(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: run test unit e2e bench budget budget-write order attack fuzz sanitize sbom soak build lint format clean help packages

run: packages ## Build, issue a first key, start on 127.0.0.1:4100
	$(RELEASE)
	@.ci/first-run "$$($(RELEASE) --show-bin-path)/tollgate"

build: packages ## Build the release executable
	$(RELEASE)
	@echo "$$($(RELEASE) --show-bin-path)/tollgate"

test: unit e2e ## Install what the tests need and run them all

unit: packages ## The Swift tests
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build $(SWIFT_FLAGS)

e2e: packages $(VENV)/.installed ## The end-to-end tests of the release executable, with the real clients
	$(RELEASE)
	cd Tests/EndToEnd && export TOLLGATE_BINARY=$${TOLLGATE_BINARY:-$(CURDIR)/.build/release/tollgate} \
		&& $(PYTHON) -m pytest -n $(WORKERS) --dist worksteal $(if $(PYTEST),$(PYTEST),-m 'not chaos and not drill' \
		&& $(PYTHON) -m pytest -m chaos)

$(VENV)/.installed: Tests/EndToEnd/requirements.txt
	@.ci/install-packages test
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

fuzz: packages ## Fuzz every parser for FUZZ_SECONDS (half an hour); see docs/reliability.md
	Tests/Fuzz/run --seconds $(FUZZ_SECONDS)

sanitize: packages ## The Swift tests of what runs on several threads, under ThreadSanitizer, then AddressSanitizer
	Tests/Fuzz/sanitize thread
	Tests/Fuzz/sanitize address

bench: packages ## Measure Tollgate beside nginx and HAProxy
	@.ci/install-packages bench
	$(RELEASE)
	Tests/Benchmarks/run

budget: packages ## Count instructions per request and event, and hold them against the budget
	@.ci/install-packages budget
	$(RELEASE)
	Tests/Benchmarks/budget

budget-write: packages ## Make what is counted now the budget
	@.ci/install-packages budget
	$(RELEASE)
	Tests/Benchmarks/budget --write

order: packages ## Lay out functions by what requests run through now
	@.ci/install-packages budget
	$(RELEASE)
	Tests/Benchmarks/order
	rm .build/release/tollgate
	$(RELEASE)

attack: packages ## Attack Tollgate and say what held
	@.ci/install-packages attack
	$(RELEASE)
	Tests/Attack/run $(ATTACK)
sbom: packages ## Write what the release executable is made of (SPDX 2.3)
	$(RELEASE)
	@.ci/sbom "$$($(RELEASE) --show-bin-path)/tollgate" > .build/tollgate.spdx.json
	@echo .build/tollgate.spdx.json

soak: packages $(VENV)/.installed ## An hour of mixed traffic, faults, reloads and changes of keys; soak.log has the samples
	$(RELEASE)
	TOLLGATE_BINARY="$$($(RELEASE) --show-bin-path)/tollgate" $(PYTHON) Tests/Attack/soak --minutes $(SOAK_MINUTES)

lint: ## Check the format
	swift format lint --strict -r -p $(SOURCES)

format: ## Write the format
	swift format -i -r -p $(SOURCES)

clean: ## Remove what was built; tollgate.yaml and tollgate-data stay
	rm -rf .build

packages:
	@.ci/install-packages build

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
