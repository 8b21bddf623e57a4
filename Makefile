# The few verbs of the project. Each does all of its own set-up: Python 3.11+, cargo and make are all it takes.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
RUST   := Cargo.toml Cargo.lock $(wildcard rust/*.rs rust/*/*.rs)
SHELL  := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

.PHONY: help run test lint bench build clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: $(VENV)/built ## Set up, and compute match scores and feeds for a synthetic town on an embedded Postgres
	$(BIN)/python -m orchestrator run

test: $(VENV)/built ## Set up, and run all Python and Rust tests
	cargo test --locked --quiet
	$(BIN)/python -m pytest

lint: $(VENV)/built ## Check format, types, layers and Rust lints; warnings are errors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --all-targets --all-features -- -D warnings

bench: $(VENV)/bench ## Measure against peers and print the tables (about half an hour)
	$(BIN)/python -m benches

build: $(VENV)/built ## Build the wheel into dist/
	rm -rf dist
	$(BIN)/maturin build --release --locked --out dist
	@ls dist/*.whl

clean: ## Remove everything that was built, and the embedded database
	rm -rf $(VENV) target dist .feedscore .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# The environment with all dependencies; the package itself comes in below, whenever Rust changes.
$(VENV)/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(f"feedscore needs Python 3.11 or newer; $(PYTHON) is {sys.version.split()[0]}: make PYTHON=python3.12 ...")'
	@command -v cargo >/dev/null || { echo "feedscore needs a Rust toolchain (cargo), https://rustup.rs" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@# The checkout itself on the path: orchestrator/ stands beside python/, and commands run from any folder.
	@$(BIN)/python -c 'import pathlib, sysconfig; (pathlib.Path(sysconfig.get_path("purelib")) / "feedscore_checkout.pth").write_text(f"{pathlib.Path.cwd()}\n")'
	@touch $@

$(VENV)/built: $(VENV)/ready $(RUST)
	$(BIN)/maturin develop --quiet --release --locked --skip-install
	@touch $@

$(VENV)/bench: $(VENV)/built
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@
