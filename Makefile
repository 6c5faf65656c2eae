# make run    start everything on this machine, with a demo
# make test   run the tests
# make check  formatting, lint, types, import order
# make bench  measure (bench/README.md); make bench-engine: only the form engine
# make clean  remove the environment and caches; the data folder .data stays

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
WANTED := pyproject.toml constraints.txt
ENKETO := tests/enketo
ENKETO_PAGE := $(ENKETO)/node_modules/.page/page.js

.PHONY: run test enketo-page check bench bench-engine clean

run: $(VENV)/.installed
	@exec $(BIN)/fieldapp run

test: $(VENV)/.installed-dev enketo-page
	$(BIN)/python -m pytest -ra -n auto

# Enketo's own engine, for the tests that open our forms in it; they say how to get it.
enketo-page:
	@if command -v npm >/dev/null 2>&1; then $(MAKE) --no-print-directory $(ENKETO_PAGE) || \
	    echo "Enketo's engine could not be installed: its tests are skipped."; fi

$(ENKETO_PAGE): $(addprefix $(ENKETO)/,package.json page.js attachments.js)
	@cd $(ENKETO) && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error
	@cd $(ENKETO) && npm run --silent bundle

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python -m bench

bench-engine: $(VENV)/.installed-dev
	$(BIN)/python -m bench.engine

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else "Fieldapp needs Python 3.11 or newer; this is %d.%d. Try: make PYTHON=python3.11" % v[:2])'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python cannot make environments. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(WANTED) | $(BIN)/python
	@echo "Memasang paket / installing packages ..."
	@$(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: $(WANTED) | $(BIN)/python
	@echo "Memasang paket / installing packages ..."
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage $(ENKETO)/node_modules
