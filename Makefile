# The commands of the README. They need Python 3.11 or later and make; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
SHELL := bash
.SHELLFLAGS := -o pipefail -c
.PHONY: run ui check quick-tests test test-live bench redshift-local lint lock licences clean

run: .venv/ready
	@$(BIN)/sparkify sample --if-missing
	@$(BIN)/sparkify load

ui: .venv/ready
	@$(BIN)/sparkify ui$(if $(PORT), --port $(PORT))

# The inner loop: the linter and the types, and at the same time the tests that find most mistakes.
check: .venv/ready-to-test
	@$(MAKE) --no-print-directory --jobs 2 lint quick-tests

quick-tests: .venv/ready-to-test
	$(BIN)/pytest --numprocesses auto --dist loadfile -m 'check and not server'

# Everything that is promised. With THOROUGH=1 it tries everything that is random or exhaustive, and takes longer. With
# AFTER_CHECK=1 it leaves out the tests that `make check` has just run.
test: .venv/ready-to-test .venv/ready-to-scan
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(if $(AFTER_CHECK),-m 'not check or server')

# Checks what the stand-in for Redshift assumes, on the real cluster that the environment names.
test-live: .venv/ready-to-test
	$(BIN)/pytest --live --tb=short -rs sparkify_assets_tests/redshift/test_live*.py

# Compares the platform with bare DuckDB and with SQLMesh, case by case. Takes an hour, and 25 GB in data/bench.
bench: .venv/ready-to-test
	$(BIN)/python -m benchmarks $(if $(CASE),--case $(CASE))

# Runs the platform with a stand-in for Redshift on this machine. LAKE=folder loads that lake instead of a sample.
redshift-local: .venv/ready-to-test
	@$(BIN)/python -m sparkify_assets_tests.redshift_local $(if $(LAKE),--lake '$(LAKE)')

lint: .venv/ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Renews the hashes of what is installed, in the versions of constraints.txt; with UPGRADE=1 in the latest versions.
LOCK = $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	--no-annotate --no-strip-extras --custom-compile-command 'make lock'

lock: .venv/ready-to-test
	$(LOCK) setup.cfg --extra dev $(if $(UPGRADE),--upgrade,--constraint constraints.txt) --output-file requirements/dev.txt >/dev/null
	@echo '# What was tested, for whoever installs by hand: pip install --constraint constraints.txt. `make lock` writes it.' >constraints.txt
	sed -nE '/==/s/^([^ []+)(\[.*\])?(==.*) \\$$/\1\3/p' requirements/dev.txt >>constraints.txt
	$(LOCK) setup.cfg --constraint constraints.txt --output-file requirements/run.txt >/dev/null
	$(LOCK) setup.cfg --extra deploy --constraint constraints.txt --output-file requirements/deploy.txt >/dev/null
	# What the benchmarks compare with, by the same DuckDB.
	printf 'sqlmesh\n%s\n' "$$(grep '^duckdb==' constraints.txt)" | $(LOCK) - $(if $(UPGRADE),--upgrade) --output-file requirements/sqlmesh.txt >/dev/null
	# What examines the template of the infrastructure.
	echo checkov | $(LOCK) - $(if $(UPGRADE),--upgrade) --output-file requirements/scan.txt >/dev/null

licences: .venv/ready-to-test
	$(BIN)/python -m sparkify_assets_tests.licences >docs/licences.md.new && mv docs/licences.md.new docs/licences.md

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache

# Installing compiles nothing: Python does so on first import, and keeps it, which this variable would forbid.
unexport PYTHONDONTWRITEBYTECODE

# Installs exactly the files whose hashes are locked, and runs none of their code. The project is then built with the
# setuptools among them: in an isolated environment, pip would fetch another one, whose hash nobody knows.
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off
INSTALL_SCANNER = $(subst $(BIN),.venv/scan/bin,$(INSTALL))
# Shows how many of the packages of a lock are there, on one line of a terminal.
COUNTED = | awk -v all=$$(grep -c == requirements/$(1).txt) \
	'/^(Collecting|Processing|Ignoring)/ {printf "\rpackage %d of %d", ++n, all} /^Installing/ {print "; installing"} {fflush()}' >&2

.venv/ready: setup.cfg pyproject.toml requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is %d.%d: make PYTHON=python3.11" % sys.version_info[:2])'
	@echo "Setting up .venv: about a minute, once." >&2
	@$(PYTHON) -m venv .venv
	@$(INSTALL) --no-compile --require-hashes --only-binary :all: --requirement requirements/run.txt $(call COUNTED,run)
	@$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Checkov, which examines the template of the infrastructure. Its hundred packages have an environment of their own.
.venv/ready-to-scan: .venv/ready requirements/scan.txt
	@$(PYTHON) -m venv .venv/scan
	@$(INSTALL_SCANNER) --require-hashes --only-binary :all: --requirement requirements/scan.txt $(call COUNTED,scan)
	@touch $@

# What tests need on top of it. They start many processes, which would each compile what is not compiled yet.
# Templates among the packages do not compile, and need not. The types of the packages are read here, once, so that the
# first `make check` takes as long as the next one; it reports what mypy finds.
.venv/ready-to-test: .venv/ready requirements/dev.txt
	@$(INSTALL) --require-hashes --only-binary :all: --requirement requirements/dev.txt $(call COUNTED,dev)
	@$(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || true
	@$(BIN)/mypy >/dev/null 2>&1 || true
	@touch $@
