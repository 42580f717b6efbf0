# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# "make help" lists the targets. Everything is made in .build/; the source tree stays as it is.

BUILD := $(CURDIR)/.build
VENV := $(BUILD)/venv
DEMO_VENV := $(BUILD)/demo/venv
BENCH_VENV := $(BUILD)/bench/venv
PEERS_VENV := $(BUILD)/bench/peers
# The tools' home directory: nothing is read from the user's, or left in it.
TOOLS_HOME := $(BUILD)/home
# An exact copy of the source, refreshed before each part, where Ansible wants a collection to be.
NAMESPACES := $(BUILD)/namespaces
COPY := $(NAMESPACES)/ansible_collections/longshore/storage
ARCHIVES := $(BUILD)/archives
# Of other people, that ours depends on.
COLLECTIONS := $(BUILD)/collections

# The Python to use, if not the first suitable one on PATH.
PYTHON :=
# Further arguments for pytest, such as: make test-unit ARGS="-k endpoint"
ARGS :=

# Of "make image".
IMAGE := longshore-persistence
BASE :=
WHEELS :=

SETUP := tests/setup
FIND_PYTHON = python=$$($(SETUP)/find_python.sh $(PYTHON))
ENTER = @mkdir -p "$(TOOLS_HOME)" && cd "$(COPY)" && export HOME="$(TOOLS_HOME)" ANSIBLE_COLLECTIONS_PATH="$(NAMESPACES):$(COLLECTIONS)" \
	PATH="$(VENV)/bin:$$PATH"
RUN = $(ENTER) && set -x &&
# One process more than processors, since many tests wait for something.
PYTEST = $(ENTER) PYTHONPATH="$(NAMESPACES):$(COPY)" && set -x && python -m pytest -p tests.setup.no_skips \
	-p xdist.plugin --numprocesses $$(($$(nproc) + 1)) --maxprocesses 4 --dist worksteal
ARCHIVE = longshore-storage-*.tar.gz

# Where the tests' servers are; what of the surroundings could change a result; what would leave files.
export LONGSHORE_BUILD := $(BUILD)
export ANSIBLE_REMOTE_TMP := $(TOOLS_HOME)/.ansible/tmp
export LC_ALL := C.UTF-8
export PYTHONDONTWRITEBYTECODE := 1
export BLACK_CACHE_DIR := $(BUILD)/cache/black
export HYPOTHESIS_STORAGE_DIRECTORY := $(BUILD)/cache/hypothesis
export PYTEST_DISABLE_PLUGIN_AUTOLOAD := 1
# By default it uses a library that needs a system package.
export REUSE_ENCODING_MODULE := charset_normalizer
unexport PYTHONPATH ANSIBLE_CONFIG ANSIBLE_HOME ANSIBLE_COLLECTIONS_PATH

CHECKS := lint types docs changelog ansible-lint archive
TESTS := test-unit test-conformance test-integration
PARTS := setup $(CHECKS) sanity molecule $(TESTS)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help test $(PARTS) demo dist image soak bench bench-fleet format release-notes constraints clean copy

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{printf "  make %-17s %s\n", $$1, $$2}'

test: ## set up, lint and test everything
	@$(FIND_PYTHON) && "$$python" $(SETUP)/run_parts.py setup "$(CHECKS) $(TESTS) + sanity + molecule"

demo: ## install the collection into a virtual environment and run playbooks/demo.yml
	@$(FIND_PYTHON) && $(SETUP)/system_packages.sh "$$python" && \
	$(SETUP)/venv.sh "$$python" "$(DEMO_VENV)" $(SETUP)/demo-requirements.txt && \
	"$$python" $(SETUP)/copy_collection.py "$(COPY)"
	@rm -rf "$(BUILD)/demo/archive" "$(BUILD)/demo/collections"
	@export HOME="$(TOOLS_HOME)" PATH="$(DEMO_VENV)/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(BUILD)/demo/collections" \
	ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false && \
	ansible-galaxy collection build "$(COPY)" --output-path "$(BUILD)/demo/archive" && \
	ansible-galaxy collection install --offline --no-deps "$(BUILD)"/demo/archive/$(ARCHIVE) && \
	cd "$(COPY)" && ansible-playbook --diff playbooks/demo.yml

setup: ## make what the tests need: system packages, virtual environment, npm packages
	@$(FIND_PYTHON) && $(SETUP)/system_packages.sh "$$python" $(SETUP)/system-packages.txt && \
	$(SETUP)/venv.sh "$$python" "$(VENV)" tests/requirements.txt
	@$(SETUP)/node.sh "$(BUILD)/node"
	@$(SETUP)/collections.sh "$(VENV)/bin/python" "$(COLLECTIONS)" community.docker \
	community.library_inventory_filtering_v1

copy: setup
	@"$(VENV)/bin/python" $(SETUP)/copy_collection.py "$(COPY)"

lint: copy ## formatters, linters, licence headers
	$(RUN) black --check --quiet --diff .
	$(RUN) ruff check --quiet .
	$(RUN) yamllint --strict .
	$(RUN) shellcheck .ci/run $(SETUP)/*.sh
	$(RUN) { reuse lint --quiet || { reuse lint --lines; exit 1; }; }

types: copy ## mypy
	$(ENTER) MYPYPATH="$(NAMESPACES):$(COPY)" && set -x && mypy -p ansible_collections.longshore.storage.plugins -p tests

test-unit: copy ## unit tests
	$(PYTEST) tests/unit $(ARGS)

test-conformance: copy ## every store against a server of its own
	$(PYTEST) tests/conformance $(ARGS)

test-integration: copy ## the modules against servers of their own
	$(PYTEST) tests/integration $(ARGS)

molecule: copy ## the roles on containers; needs root. ARGS are scenarios
	$(RUN) $(SETUP)/molecule.sh "$(BUILD)" $(ARGS)

sanity: copy ## ansible-test sanity on every Python found
	cd "$(COPY)" && $(SETUP)/sanity.sh "$(VENV)" "$(TOOLS_HOME)"

ansible-lint: copy ## ansible-lint with the production profile
	$(RUN) ansible-lint --profile production --offline --strict

docs: copy ## check the modules' documentation, and make the site, .build/site/html
	@# Again: where its temporary folder's name happens to end with _, it takes that for a link.
	$(RUN) lint="antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all ." && { $$lint || $$lint; }
	$(RUN) $(SETUP)/site.sh "$(BUILD)/site"

changelog: copy ## changelog and its fragments
	$(RUN) antsibull-changelog lint && antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml

archive: copy ## build the collection and examine the archive as Galaxy does
	@rm -rf "$(ARCHIVES)"
	$(RUN) ansible-galaxy collection build --output-path "$(ARCHIVES)"
	$(RUN) $(SETUP)/galaxy_import.sh "$(ARCHIVES)"/$(ARCHIVE)

dist: ## make the command distsync as one file, .build/dist/distsync
	@$(FIND_PYTHON) && "$$python" $(SETUP)/make_dist.py "$(BUILD)/dist/distsync"

image: ## build the image of the persistence service; IMAGE is its name, BASE what it is built on, WHEELS a folder of wheels
	@$(FIND_PYTHON) && $(SETUP)/image.sh "$$python" "$(IMAGE)" "$(BASE)" "$(WHEELS)"

soak: copy ## a daemon's week in minutes: memory, descriptors and disk stay flat
	$(ENTER) PYTHONPATH="$(NAMESPACES):$(COPY)" && set -x && python -m tests.soak $(ARGS)

bench: ## compare speed with the peers; writes docs/benchmarks.md
	@$(FIND_PYTHON) && $(SETUP)/system_packages.sh "$$python" tests/benchmarks/system-packages.txt && \
	$(SETUP)/venv.sh "$$python" "$(BENCH_VENV)" tests/benchmarks/requirements.txt && \
	$(SETUP)/venv.sh "$$python" "$(PEERS_VENV)" tests/benchmarks/peers-requirements.txt && \
	"$$python" $(SETUP)/copy_collection.py "$(COPY)"
	export HOME="$(TOOLS_HOME)" PATH="$(BENCH_VENV)/bin:$$PATH" PYTHONPATH="$(NAMESPACES):$(CURDIR)" && \
	python -m tests.benchmarks $(ARGS)

bench-fleet: ## a release to a fleet, from the bucket alone and in a swarm; needs root
	@$(FIND_PYTHON) && $(SETUP)/system_packages.sh "$$python" && \
	$(SETUP)/venv.sh "$$python" "$(BENCH_VENV)" tests/benchmarks/requirements.txt && \
	"$$python" $(SETUP)/copy_collection.py "$(COPY)"
	export HOME="$(TOOLS_HOME)" PATH="$(BENCH_VENV)/bin:$$PATH" PYTHONPATH="$(NAMESPACES):$(CURDIR)" && \
	python -m tests.benchmarks.fleet $(ARGS)

format: setup ## format the source
	"$(VENV)/bin/black" --quiet .
	"$(VENV)/bin/ruff" check --quiet --fix .

release-notes: copy ## write the changelog of galaxy.yml's version from its fragments
	$(RUN) antsibull-changelog release --update-existing && antsibull-changelog generate --refresh
	cp "$(COPY)/CHANGELOG.md" . && cp "$(COPY)/changelogs/changelog.yaml" changelogs

constraints: ## write the newest versions into tests/constraints.txt
	@$(FIND_PYTHON) && $(SETUP)/constraints.sh "$$python" tests/constraints.txt \
	tests/requirements.txt tests/benchmarks/requirements.txt tests/benchmarks/peers-requirements.txt

clean: ## remove .build/
	rm -rf "$(BUILD)"
