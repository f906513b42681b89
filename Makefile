# Every command a person may need. Needs Python 3.11 or newer with venv, and make; nothing else.
PYTHON ?= python3
VENV := .venv
TRAINING := .venv-training
RAY := .venv-ray
FACINGS := $(VENV)/bin/facings
SHELF := demo/store/shelves/shelf-010.jpg
PIP_FLAGS := --quiet --disable-pip-version-check

.DEFAULT_GOAL := setup
.PHONY: setup demo test test-ray test-studio check fix web web-api web-check test-web lighthouse training test-training wheel clean

setup: $(VENV)/.ready             ## the commands, in .venv/bin/facings

$(VENV)/.ready: pyproject.toml training/pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	FACINGS_SKIP_WEB=1 $(VENV)/bin/pip install $(PIP_FLAGS) -c constraints.txt -e ".[dev]" -e training
	@touch $@

demo: setup demo/home/.ready      ## render the demo store, scan one of its shelves into demo/scan.png and demo/scan.json
	$(FACINGS) --home demo/home scan $(SHELF) --overlay demo/scan.png
	@$(FACINGS) --home demo/home scan $(SHELF) --json > demo/scan.json
	@echo
	@echo "Look at demo/scan.png; everything about it is in demo/scan.json."
	@echo "Scan a picture of your own:  $(FACINGS) --home demo/home scan PICTURE --overlay out.png"
	@echo "(The demo catalogue knows invented products only: README.md says how to import yours.)"

demo/store/products.json: | setup
	$(VENV)/bin/python -m facings_train.synthetic store demo/store

demo/home/.ready: demo/store/products.json $(wildcard src/facings/weights/*.json)
	$(FACINGS) --home demo/home catalogue import demo/store/products.json
	$(FACINGS) --home demo/home index build
	@touch $@

test: check                       ## formatting, lint, types and tests of the runtime: no torch anywhere
	$(VENV)/bin/python -m pytest

check: setup
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --config-file training/pyproject.toml evals benchmarks/retrieval benchmarks/server/load_test.py benchmarks/server/echo.py training/src/facings_train/synthetic

fix: setup                        ## format and mend what a tool can mend
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

web: web/node_modules/.ready      ## build the web client into src/facings/_web; needs node 20.19 or newer
	cd web && npm run --silent build

web/node_modules/.ready: web/package-lock.json
	cd web && npm ci --silent --no-audit --no-fund
	@touch $@

web-api: setup web/node_modules/.ready  ## the web client's types of the HTTP API, from the service itself
	$(VENV)/bin/python web/write_schema.py
	cd web && npm run --silent api

web-check: web/node_modules/.ready  ## types, lint and tests of the web client, without a browser
	cd web && npm run --silent check && npm run --silent test

test-web: setup web-check web demo/home/.ready  ## and the tests in a real browser (Chromium, ffmpeg)
	$(VENV)/bin/python -m pytest web/e2e

lighthouse: setup web demo/home/.ready work/lighthouse/.ready  ## what Lighthouse (190 MB, in work/lighthouse) says of every page
	$(VENV)/bin/python evals/lighthouse.py work/lighthouse/node_modules/lighthouse/cli/index.js

work/lighthouse/.ready:
	npm install --prefix work/lighthouse --no-save --silent --no-audit --no-fund lighthouse@12.8.2
	@touch $@

test-studio: setup               ## push, correct and pull with the real Label Studio (1 GB) in a browser
	$(VENV)/bin/python -m pytest tests_studio

test-ray: $(RAY)/.ready          ## many pictures on two Ray workers, one of them killed (Ray: 260 MB, in .venv-ray)
	$(RAY)/bin/python -m pytest tests_ray

$(RAY)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(RAY)
	FACINGS_SKIP_WEB=1 $(RAY)/bin/pip install $(PIP_FLAGS) -c constraints.txt -e ".[ray]" pytest
	@touch $@

training: $(TRAINING)/.ready      ## the training package with torch (CPU), in .venv-training

$(TRAINING)/.ready: pyproject.toml training/pyproject.toml constraints.txt
	$(PYTHON) -m venv $(TRAINING)
	$(TRAINING)/bin/pip install $(PIP_FLAGS) torch==2.13.0
	FACINGS_SKIP_WEB=1 $(TRAINING)/bin/pip install $(PIP_FLAGS) -c constraints.txt -e ".[dev]" -e "training[torch]"
	@touch $@

test-training: training           ## types and tests of the training package
	$(TRAINING)/bin/mypy --config-file training/pyproject.toml training/src
	$(TRAINING)/bin/python -m pytest -c training/pyproject.toml --rootdir training training/tests

wheel: setup                      ## dist/facings-*.whl, with the web client built anew
	rm -rf src/facings/_web
	$(VENV)/bin/pip wheel $(PIP_FLAGS) --no-deps -w dist .

clean:                            ## remove what was set up and rendered here
	rm -rf $(VENV) $(TRAINING) $(RAY) demo dist
