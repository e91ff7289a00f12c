# Two commands are enough: `make demo` and `make test`. Both set up what they need.
PY := .venv/bin/python

.PHONY: setup setup-test demo test check story real browser crash bench pictures lock

setup:
	@scripts/setup

setup-test:
	@scripts/setup --test

demo: setup
	@.venv/bin/handover demo

# Format, lint, types, import rules, unit and story tests: under 90 s.
check: setup-test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m pytest -n 3 -m "not real and not browser and not crash" tests/unit tests/stories

# Everything.
test: check
	$(PY) -m pytest -m "real or browser or crash" tests

bench: setup
	$(PY) -m bench

pictures: setup-test
	$(PY) -m scripts.pictures

lock: setup
	@scripts/lock
