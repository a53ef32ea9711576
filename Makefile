# Each target sets up what it needs, from nothing but make and Python 3.9 or later.

.DEFAULT_GOAL := help
.PHONY: help setup dev stop doctor build deploy check test bench format translations openapi lock clean
.NOTPARALLEL:

# Which part of samconfig.toml `build` and `deploy` follow: default, local or prod.
STAGE ?= default
# Passed on to `dev` or pytest, as in `make test ARGS="-k booking"`.
ARGS ?=

PYTHON := .venv/bin/python
SAM := .venv-sam/bin/sam
export SAM_CLI_TELEMETRY := 0

help: ## List what make can do.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready .venv-sam/.ready ## Make the virtual environments; every other target does so by itself.

.venv/.ready: requirements/dev.txt requirements/uv.txt .python-version
	@dev/build/setup.sh .venv requirements/dev.txt
	@touch $@

.venv-sam/.ready: requirements/sam.txt requirements/uv.txt .python-version
	@dev/build/setup.sh .venv-sam requirements/sam.txt
	@touch $@

dev: setup ## Run Parley here, with demo data, and say where to click. ARGS=--detach returns when it is ready.
	@$(PYTHON) -m dev up $(ARGS)

stop: setup ## Stop what `make dev ARGS=--detach` left running.
	@$(PYTHON) -m dev stop

# Of what `make dev` has started, unless another STAGE is meant.
doctor: setup ## Look at a deployment, change nothing, and say what is wrong with it: make doctor STAGE=prod.
	@$(PYTHON) -m dev.doctor --stage $(if $(filter default,$(STAGE)),local,$(STAGE))

# Layers hold compiled code: for Lambda's processor, or for this machine, where the emulator runs it.
build: export PARLEY_LAYER_PLATFORM = $(if $(filter local,$(STAGE)),,aarch64-manylinux_2_28)
build: setup ## Build every artifact of the stack. STAGE=local builds for this machine.
	@$(SAM) build --config-env $(STAGE)

deploy: build ## Deploy the stack to an AWS account: make deploy STAGE=prod.
	@$(SAM) deploy --config-env $(STAGE)

check: setup ## Everything that CI runs: format, lint, types, imports, template, tests.
	@.venv/bin/ruff format --check --quiet
	@.venv/bin/ruff check --quiet
	@.venv/bin/mypy
	@PYTHONPATH=functions .venv/bin/lint-imports --no-logo
	@$(SAM) validate --lint
	@.venv-sam/bin/cfn-lint
	@$(MAKE) --no-print-directory test

# Two processes: the deployed stack keeps one of them busy. Its tests are the first that pytest finds.
test: setup ## Run every test. ARGS is passed to pytest.
	@dev/build/chromium.sh
	@$(PYTHON) -m pytest --numprocesses 2 --no-loadscope-reorder $(ARGS)

bench: setup ## Print cold imports and slots, each beside its floor and its budget.
	@$(MAKE) --no-print-directory build STAGE=local
	@$(PYTHON) -m bench

format: setup ## Put the code in order, as far as a tool can.
	@.venv/bin/ruff check --fix --quiet
	@.venv/bin/ruff format --quiet

translations: setup ## Bring the text catalogues up to date with the texts in the code.
	@.venv/bin/pybabel --quiet extract --mapping-file babel.cfg --keyword marked --no-location --sort-output \
		--omit-header --output-file functions/translations/parley.pot .
	@.venv/bin/pybabel --quiet update --domain parley --input-file functions/translations/parley.pot \
		--output-dir functions/translations --no-fuzzy-matching --ignore-pot-creation-date --omit-header

openapi: setup ## Write docs/openapi.json anew, from the handlers.
	@$(PYTHON) -m dev.openapi

LOCK := cd requirements && ../.venv-uv/bin/uv pip compile --quiet --upgrade --python ../$(PYTHON) \
	--generate-hashes --no-header --no-emit-index-url
LOCK_LAYER := $(LOCK) --python-platform aarch64-manylinux_2_28 --constraint dev.txt
# Already in the base layer, or required by packages whose parts that need it are never imported.
UNUSED := typing-extensions googleapis-common-protos opentelemetry-api proto-plus protobuf pyasn1 pyasn1-modules pycparser

lock: setup ## Pin the newest versions that fit requirements/*.in, with their hashes.
	@$(LOCK) --universal --python-version 3.9 uv.in --output-file uv.txt
	@$(LOCK) --universal sam.in --output-file sam.txt
	@$(LOCK) --universal dev.in --output-file dev.txt
	@$(LOCK_LAYER) base.in --output-file base.txt
	@$(LOCK_LAYER) $(UNUSED:%=--no-emit-package %) providers.in --output-file providers.txt

clean: ## Delete everything that make has made, and the data of `make dev`.
	@rm -rf .venv .venv-sam .venv-uv .aws-sam .build .parley .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
