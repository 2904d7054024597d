# Two commands: `make run` shows Vitrine with a sample catalogue, `make test` runs everything that can fail.
# PYTHON=… chooses the interpreter, TORCH_INDEX=… where torch comes from (scripts/install.sh says how).

.DEFAULT_GOAL := run
.PHONY: run test drill bench lint install install-dev

run: install
	@exec .venv/bin/vitrine up --demo

test: install-dev lint
	.venv/bin/pytest

# An hour or so: docs/drills.md says what it does. Its log and summary go to build/drill.
drill: install-dev
	.venv/bin/python -m tests.drill

# Ten minutes: search beside bare FAISS, and a stock feed, on shops of 10,000 and 100,000 items. Tables go to build/bench.
bench: install-dev
	.venv/bin/python -m tests.bench

lint: install-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

install:
	@sh scripts/install.sh run

install-dev:
	@sh scripts/install.sh dev
