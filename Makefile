# `make help` lists the commands. A fresh clone needs make, git and Python 3.11 or newer.

PYTHON ?= python3
VENV   ?= .venv

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# Each virtual environment holds stamp files: a second run installs nothing.
BIN     := $(VENV)/bin
OPENAI2 := .venv-openai2
SERVERS := .venv-servers
RAY     := .venv-ray
BENCH   := .venv-bench
CLEAN   := .venv-wheel

# The pinned files are whole, so that pip need not resolve; Python compiles what it runs.
INSTALL  = -m pip install -qq --disable-pip-version-check --no-input --no-compile --no-deps
PINNED   = $(INSTALL) --require-hashes
# The package itself, from this directory: nothing is fetched, and edits take effect at once.
EDITABLE = $(INSTALL) --no-index --no-build-isolation --editable .

##@ Use

.PHONY: demo
demo: $(VENV)/.run  ## Summarize one of the five articles; no key is needed
	$(BIN)/summarize --format text evals/articles/moscowtimes-trip-confirmed.txt

.PHONY: serve
serve: $(VENV)/.service  ## Serve records and their page at http://127.0.0.1:8000; no key is needed
	$(BIN)/summarize-server $(ARGS)

.PHONY: eval
eval: $(VENV)/.run  ## Score and gate the extractive engine on the five articles; write a report
	rm -rf build/eval
	$(BIN)/python -m evals run --engine extractive --repeats 5 --out build/eval
	$(BIN)/python -m evals score build/eval
	$(BIN)/python -m evals report build/eval --baseline evals/baseline.json \
		--html build/eval/report.html
	$(BIN)/python -m evals gate build/eval

.PHONY: bench
bench: $(VENV)/.run  ## Measure start-up, look-ups and a whole run, each against a yardstick
	$(BIN)/python -m bench $(ARGS)

.PHONY: bench-batch
bench-batch: $(BENCH)/.made  ## How near a batch comes to the ideal rate, beside others; ARGS=--short
	$(BENCH)/bin/python -m bench.batch $(if $(findstring --short,$(ARGS)),,--write) $(ARGS)

##@ Work on it

.PHONY: soak
soak: $(VENV)/.run  ## 10,000 articles at an endpoint that fails at random; ARTICLES=N, SEED=N
	$(BIN)/python -m bench.soak $(if $(ARTICLES),--articles $(ARTICLES)) \
		$(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: soak-batch
soak-batch: $(VENV)/.run  ## A batch killed at 50 points; KILLS=N, ARTICLES=N, SEED=N, OUTPUT=out.db
	$(BIN)/python -m bench.kills $(if $(ARTICLES),--articles $(ARTICLES)) \
		$(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(OUTPUT),--output $(OUTPUT)) $(ARGS)

.PHONY: bench-scale
bench-scale: $(VENV)/.run $(BENCH)/.made  ## Memory and pace of a batch of 100,000, and the chart; ARTICLES=N
	mkdir -p build docs/images
	$(BIN)/python -m bench.scale --json build/batch-memory.json \
		$(if $(ARTICLES),--articles $(ARTICLES)) $(ARGS)
	$(BENCH)/bin/python -m bench.scale_chart build/batch-memory.json docs/images/batch-memory.svg

.PHONY: paper
paper: $(VENV)/.run  ## Count what a million and a billion articles cost, into docs/scale.md
	$(BIN)/python -m bench.paper --write docs/scale.md $(ARGS)

.PHONY: bench-service
bench-service: $(VENV)/.service  ## The service under load, into docs/service-load.md; needs `apt-get install wrk`
	$(BIN)/python -m bench.service --write docs/service-load.md $(ARGS)

.PHONY: test
test: $(VENV)/.dev  ## Run the tests; choose some with ARGS="-k spans"
	$(BIN)/python -m pytest --numprocesses auto $(ARGS)

.PHONY: check
check: test check-rest  ## Everything that CI runs

.PHONY: check-rest
check-rest: lint types imports eval test-openai2 test-ray test-wheel  ## `check` without the tests

.PHONY: lint
lint: $(VENV)/.dev  ## Style and format, unchanged
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: format
format: $(VENV)/.dev  ## Repair what `lint` can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: $(VENV)/.dev  ## Types, strictly
	$(BIN)/mypy summarizer evals tests bench

.PHONY: imports
imports: $(VENV)/.dev  ## Who may import whom
	$(BIN)/lint-imports --no-cache

.PHONY: test-openai2
test-openai2: $(OPENAI2)/.made  ## The tests that go through openai, with its older major
	$(OPENAI2)/bin/python -m pytest --numprocesses auto -m openai $(ARGS)

.PHONY: test-ray
test-ray: $(RAY)/.made  ## The tests of a corpus on Ray, in an environment that has it
	$(RAY)/bin/python -m pytest -o faulthandler_timeout=300 tests/ray $(ARGS)

.PHONY: test-servers
test-servers: $(VENV)/.dev $(SERVERS)/.made  ## The tests against servers of others; builds llama.cpp first
	SERVERS_PYTHON="$(CURDIR)/$(SERVERS)/bin/python" $(BIN)/python -m pytest tests/servers $(ARGS)

# From an empty directory and isolated, so that nothing but the wheel can be found.
.PHONY: test-wheel
test-wheel: $(VENV)/.run $(CLEAN)/.made  ## The built wheel, in an environment of its own
	rm -rf build/wheel
	$(BIN)/python -m pip wheel -qq --disable-pip-version-check --no-input --no-index \
		--no-deps --no-build-isolation --wheel-dir build/wheel .
	$(CLEAN)/bin/python $(INSTALL) --no-index --force-reinstall build/wheel/*.whl
	$(CLEAN)/bin/python -m pip check --disable-pip-version-check
	empty=$$(mktemp -d) && cd "$$empty" && \
		"$(CURDIR)/$(CLEAN)/bin/python" -I "$(CURDIR)/tests/wheel/check.py" && rmdir "$$empty"

.PHONY: screenshots
screenshots: $(VENV)/.dev  ## Take the pictures of the service's page again; needs Chromium
	$(BIN)/python -m tests.screenshots

.PHONY: lock
lock: $(VENV)/.dev  ## Pin the requirements again; UPGRADE=1 takes the newest versions
	$(LOCK) pyproject.toml --output-file requirements/run.txt
	$(LOCK) pyproject.toml $(EXTRAS) --group dev --output-file requirements/dev.txt
	$(LOCK) pyproject.toml --extra service --output-file requirements/service.txt
	$(LOCK) pyproject.toml requirements/openai2.in --group test \
		--output-file requirements/openai2.txt
	$(LOCK) --group build --output-file requirements/build.txt
	$(LOCK) pyproject.toml requirements/bench.in --output-file requirements/bench.txt
	$(LOCK) pyproject.toml --extra ray --group test --output-file requirements/ray.txt
	$(LOCK) requirements/servers.in --output-file requirements/servers.txt
	$(LOCK) requirements/servers-build.in --output-file requirements/servers-build.txt

# The extras that the tests in the main environment need.
EXTRAS = --extra parquet --extra service

# Names, versions and hashes alone, good for each supported Python and platform.
LOCK = $(BIN)/uv pip compile --quiet --no-cache --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	$(if $(UPGRADE),--upgrade)

.PHONY: clean
clean:  ## Remove the environments and what tools left
	rm -rf .venv .venv-* build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help:  ## This list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Environments

$(VENV)/.made:
	$(call make_venv,$(VENV))
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.txt requirements/build.txt pyproject.toml
	@echo "Installing the pinned requirements into $(VENV)"
	@$(BIN)/python $(PINNED) -r requirements/run.txt -r requirements/build.txt
	@$(BIN)/python $(EDITABLE)
	@touch $@

$(VENV)/.service: $(VENV)/.run requirements/service.txt
	@echo "Installing the requirements of the service into $(VENV)"
	@$(BIN)/python $(PINNED) -r requirements/service.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing the tools for tests and checks into $(VENV)"
	@$(BIN)/python $(PINNED) -r requirements/dev.txt
	@touch $@

$(OPENAI2)/.made: requirements/openai2.txt requirements/build.txt pyproject.toml
	$(call make_venv,$(OPENAI2))
	@$(OPENAI2)/bin/python $(PINNED) -r requirements/openai2.txt -r requirements/build.txt
	@$(OPENAI2)/bin/python $(EDITABLE)
	@touch $@

$(RAY)/.made: requirements/ray.txt requirements/build.txt pyproject.toml
	$(call make_venv,$(RAY))
	@$(RAY)/bin/python $(PINNED) -r requirements/ray.txt -r requirements/build.txt
	@$(RAY)/bin/python $(EDITABLE)
	@touch $@

$(BENCH)/.made: requirements/bench.txt requirements/build.txt pyproject.toml
	$(call make_venv,$(BENCH))
	@$(BENCH)/bin/python $(PINNED) -r requirements/bench.txt -r requirements/build.txt
	@$(BENCH)/bin/python $(EDITABLE)
	@touch $@

# A library for any processor of this kind, without what a tiny model has no use for. What is
# optimized less is compiled sooner.
$(SERVERS)/.made: export CMAKE_ARGS = -DLLAVA_BUILD=OFF -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF \
	-DGGML_LLAMAFILE=OFF -DGGML_CPU_REPACK=OFF \
	-DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1
$(SERVERS)/.made: requirements/servers.txt requirements/servers-build.txt
	$(call make_venv,$(SERVERS),--clear)
	@echo "Building llama.cpp, which takes minutes, and installing LiteLLM into $(SERVERS)"
	@$(SERVERS)/bin/python $(PINNED) -r requirements/servers-build.txt
	@$(SERVERS)/bin/python $(PINNED) --no-build-isolation -r requirements/servers.txt
	@touch $@

$(CLEAN)/.made: requirements/run.txt
	$(call make_venv,$(CLEAN),--clear)
	@$(CLEAN)/bin/python $(PINNED) -r requirements/run.txt
	@touch $@

define make_venv
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed: give one with PYTHON=..." >&2; exit 1; }
@echo "Making $(1)"
@$(PYTHON) -m venv $(2) "$(1)" || \
	{ echo "On Debian and Ubuntu, install python3-venv first." >&2; exit 1; }
endef
