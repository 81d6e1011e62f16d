# Needs Python >= 3.11, make and a package index; everything else it fetches itself.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
STAGE  ?= dev
# A third of what tests do is wait for calls to go on; with more workers yet, the waits for the
# machine become longer than some tests grant.
WORKERS ?= $(shell expr 3 \* $$(getconf _NPROCESSORS_ONLN) / 2)
# Tests start hundreds of processes: what one of them compiles, the others need not.
unexport PYTHONDONTWRITEBYTECODE
MINISTACK := build/ministack
REVIEW := build/review
PLACE   = $(if $(PROFILE),--profile $(PROFILE)) $(if $(REGION),--region $(REGION))

.DEFAULT_GOAL := help

help:            ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## the environment in .venv

$(STAMP): pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[local,dev]'
	@touch $@

demo: $(STAMP)   ## real calls over HTTP, on this machine
	@$(BIN)/python -m moltis.demo

test: $(STAMP)   ## every test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

coverage: $(STAMP) ## every test, and which lines none of them reaches; half as long again
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term:skip-covered

test-deploy: $(STAMP) $(MINISTACK)/.installed ## make deploy onto an emulated AWS, and the demo's calls there
	MOLTIS_MINISTACK=$(CURDIR)/$(MINISTACK)/bin/ministack $(BIN)/python -m pytest -q --durations=10 tests/deployment

review: $(STAMP) $(REVIEW)/.installed ## what checkov finds in the template, and whether it is explained
	@$(BIN)/python -m tests.infra.review $(REVIEW)/bin/checkov

$(REVIEW)/.installed: infra/review.txt
	$(PYTHON) -m venv $(REVIEW)
	$(REVIEW)/bin/python -m pip install --quiet --disable-pip-version-check --requirement infra/review.txt
	@touch $@

$(MINISTACK)/.installed: infra/ministack.txt
	$(PYTHON) -m venv $(MINISTACK)
	$(MINISTACK)/bin/python -m pip install --quiet --disable-pip-version-check --requirement infra/ministack.txt
	@touch $@

format: $(STAMP) ## the source as ruff likes it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(STAMP)   ## format, lint and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(STAMP)  ## mypy, strict
	$(BIN)/mypy

check: lint types test ## all of the above: what CI runs

docs: $(STAMP)   ## the pages and templates that are generated from the code
	@$(BIN)/python -m tests.docs.capabilities
	@$(BIN)/python -m tests.docs.counts
	@$(BIN)/python -m tests.docs.cost
	@$(BIN)/python -m tests.docs.scale
	@$(BIN)/python -m tests.infra.agents
	@$(BIN)/python -m tests.docs.spectrograms
	@$(BIN)/python -m tests.docs.apology

images: $(STAMP) ## the pictures of the pages in docs/images; needs Chromium
	@$(BIN)/python -m tests.browser.pictures

mcp-clients:     ## other people's MCP clients, for the tests; needs Node.js
	npm ci --prefix tests/mcp_clients --no-audit --no-fund
	$(PYTHON) -m venv .venv-strands
	.venv-strands/bin/python -m pip install --quiet --disable-pip-version-check 'strands-agents[openai]==1.62.0'

failure-modes: $(STAMP) ## docs/failure-modes.md: everything broken; minutes of work
	@$(BIN)/python -m tests.docs.failure_modes

soak: $(STAMP)   ## any order of events, for MINUTES
	@$(BIN)/python -m tests.properties.soak $(MINUTES)

fuzz: $(STAMP)   ## 200,000 hostile requests at every door
	HOSTILE_REQUESTS=200000 $(BIN)/python -m pytest -q -n auto --dist worksteal tests/hostile

bench: $(STAMP)  ## everything measured, beside others; writes build/bench.json and docs/performance.md; minutes of work
	@$(BIN)/python -m tests.bench

package: $(STAMP) ## the app and its stack for STAGE, in build/STAGE/; no AWS account needed
	@$(BIN)/python -m moltis.deployment package --stage $(STAGE)

deploy: $(STAMP)  ## package, upload, show the changes, make them, try the phone; STAGE, PARAMETERS
	@$(BIN)/python -m moltis.deployment deploy --stage $(STAGE) $(PLACE) --parameters "$(PARAMETERS)" $(if $(filter yes,$(LOSE_DATA)),--lose-data)

rollback: $(STAMP) ## back to what was deployed before
	@$(BIN)/python -m moltis.deployment rollback --stage $(STAGE) $(PLACE) $(if $(filter yes,$(LOSE_DATA)),--lose-data)

diff: $(STAMP)   ## what deploy would change
	@$(BIN)/python -m moltis.deployment diff --stage $(STAGE) $(PLACE) --parameters "$(PARAMETERS)"

destroy: $(STAMP) ## delete the stack of STAGE; asks; in prod the table stays
	@$(BIN)/python -m moltis.deployment destroy --stage $(STAGE) $(PLACE) $(if $(filter yes,$(YES)),--yes)

lock: $(STAMP)   ## choose the packages that are shipped anew; writes infra/locked/
	@$(BIN)/python -m moltis.deployment lock

clean:           ## what was made
	rm -rf $(VENV) build .coverage* .hypothesis .mypy_cache .ruff_cache .import_linter_cache

.PHONY: failure-modes soak fuzz help install demo test coverage test-deploy review format lint types check docs images mcp-clients bench package deploy rollback diff destroy lock clean
