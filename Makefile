# Two commands need nothing but Python 3.11 to 3.13 and make: `make demo` and `make test`.
# Whatever they need is installed into .venv, from requirements.lock, every file checked against its hash.

PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
READY := .venv/.ready
SYSTEM_PACKAGES := chromium poppler-utils qpdf bubblewrap strace nodejs npm
SYSTEM_COMMANDS := chromium pdftoppm qpdf bwrap strace node npm

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check bench sample system lock clean

help: ## This list
	@echo "usage: make <target> [PYTHON=python3.12] [WORKERS=2]"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'

demo: $(READY) ## A model is denied with reasons, mended, reviewed, approved and gated: output in build/demo
	@$(BIN)/governance demo --out build/demo

test: $(READY) ## The fast suite
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

test-all: $(READY) ## The fast and the slow suites
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not bench"

check: $(READY) ## Format, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n $(WORKERS) tests/architecture
	$(BIN)/python docs/generate.py --check

# The banner of mkdocs-material is about a future version of mkdocs.
docs: export NO_MKDOCS_2_WARNING = 1
docs: $(READY) ## The documentation as one site, in build/docs
	@$(BIN)/python docs/generate.py
	@$(BIN)/mkdocs build --strict
	@echo "Open build/docs/index.html, or: $(BIN)/python -m http.server -d build/docs"

docs-check: $(READY) ## Whether the generated pages are current and the site builds
	@$(BIN)/python docs/generate.py --check
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir build/docs-check

bench: $(READY) ## Measured times, as ratios to `python -c pass`
	@$(BIN)/python -m pytest -q -s -m bench tests/benchmarks

sample: $(READY) ## Write reports/audit/sample.pdf anew (RECORD=1: from new evidence)
	@$(BIN)/python -m tests.render.sample $(if $(RECORD),--record)

system: ## Install the system packages some tests need (apt-get; root or sudo)
	@missing=; for tool in $(SYSTEM_COMMANDS); do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	if [ -z "$$missing" ]; then echo "All there: $(SYSTEM_COMMANDS)"; exit 0; fi; \
	echo "Missing:$$missing"; \
	if ! command -v apt-get >/dev/null; then \
	  echo "There is no apt-get here. Install what corresponds to these Debian packages: $(SYSTEM_PACKAGES)" >&2; exit 1; fi; \
	if [ "$$(id -u)" = 0 ]; then as_root=; \
	elif command -v sudo >/dev/null; then as_root=sudo; \
	else echo "Installing system packages needs root, and there is no sudo. As root: apt-get install $(SYSTEM_PACKAGES)" >&2; exit 1; fi; \
	apt() { $$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$$@"; }; \
	twice() { "$$@" || { echo "Failed; once more in 5 s"; sleep 5; "$$@"; }; }; \
	echo "Installing $(SYSTEM_PACKAGES)"; \
	twice apt update && twice apt install -y --no-install-recommends $(SYSTEM_PACKAGES) >/dev/null

# The locks name versions and hashes, never the address they came from. UPGRADE=--upgrade takes newer versions.
lock: UV = $(or $(shell command -v uv),build/uv/bin/uv)
lock: COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --python-version 3.11 $(UPGRADE) pyproject.toml
lock: ## Write requirements.lock and requirements-base.lock anew from pyproject.toml
	@command -v uv >/dev/null || { $(PYTHON) -m venv build/uv && build/uv/bin/pip install -qq uv; }
	$(COMPILE) --extra measure --extra server --extra pdf --group dev -o requirements.lock
	$(COMPILE) --constraint requirements.lock -o requirements-base.lock

clean: ## Remove what was built and cached (.venv stays)
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	find governance tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
	  echo "Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo not there)." >&2; \
	  echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "$(PYTHON) cannot make a virtual environment (Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Installing $$(grep -c == requirements.lock) pinned packages into .venv: a minute or two, the first time only ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
