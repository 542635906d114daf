# Two commands do everything: `make findings` and `make test`. Each sets up .venv first.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: findings test lab check check-deep audit bench clean dumps lock help

help:                 ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

findings: $(READY)    ## run what is out of date, build the site, print where it is
	@$(BIN)/eprivacy-its build $(BUILD_OPTIONS)

test: $(READY)        ## all tests, by as many workers as there are processors, four at most; TEST_OPTIONS="-n 0 -k name" chooses
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder $(TEST_OPTIONS)

check: $(READY)       ## style and types
	@$(BIN)/ruff check src tests notebooks benchmarks
	@$(BIN)/ruff format --check src tests benchmarks
	@$(BIN)/mypy

check-deep: $(READY) ## 100 kills, long fuzzing, whole builds compared, mutants (hours); writes docs/held.md
	@rm -f build/deep.json build/mutants.json
	@EPRIVACY_ITS_DEEP=1 $(BIN)/python -m pytest tests/fuzz tests/bounds/test_known_truth.py \
	  tests/study/test_killed.py tests/study/test_identical.py tests/study/test_sequences.py tests/study/test_two_pythons.py tests/study/test_cluster.py tests/notebooks/test_lab.py tests/site/test_axe.py
	@$(BIN)/python tests/mutants.py
	@$(BIN)/python tests/held.py

audit: $(READY)       ## known vulnerabilities of what is locked (needs the network)
	@$(BIN)/python -m uv tool run pip-audit==2.9.0 --requirement requirements.lock --require-hashes --disable-pip --strict

lab: $(READY)         ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

bench: $(READY)       ## speed as ratios: docs/benchmarks.md; PEERS=1 adds the slow ones, BENCH_OPTIONS="--only fits" chooses
	@$(BIN)/python benchmarks/run.py $(if $(PEERS),--peers) $(BENCH_OPTIONS)

dumps: $(READY)      ## count daily dumps of statements of reasons: FILES="sor-global-*-full.zip" OUT=statements.csv
	@$(BIN)/python -m helpers.moderation count $(FILES) --out "$(OUT)" $(DUMPS_OPTIONS)

lock: $(READY)        ## resolve the dependencies again (needs the package registry)
	@$(BIN)/python -m uv pip compile pyproject.toml --extra tables --extra cluster --group study --group build --group test --universal --generate-hashes \
	  --no-header --no-annotate --python-version 3.11 --quiet -o requirements.lock

clean:                ## remove the environment and everything generated
	@rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): requirements.lock pyproject.toml .ci/setup
	@PYTHON="$(PYTHON)" bash .ci/setup
