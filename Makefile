# Two commands are enough: `make demo` and `make test`. Both set up what they need.
PY := .venv/bin/python

.PHONY: setup setup-test demo test check bench pictures lock

setup:
	@scripts/setup

setup-test:
	@scripts/setup --test

demo: setup
	@.venv/bin/handover demo

# Format, lint, types, import rules, unit tests: under two minutes on two cores.
check: setup-test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m pytest -n 3 tests/unit

# Everything: the doctor before its faults, stories in a real process, a real OpenID Connect provider, the real
# agent-server, a real browser, and the whole process killed and started again.
test: check
	$(PY) -m pytest -n 2 tests/doctor tests/stories tests/oidc
	$(PY) -m pytest tests/real tests/browser tests/crash

bench: setup
	$(PY) -m bench

pictures: setup-test
	$(PY) -m scripts.pictures
	$(PY) -m pytest tests/browser/test_demo.py
	cp var/pictures/demo-jira.png var/pictures/demo-run.png var/pictures/demo-pull-request.png docs/pictures/

lock: setup
	@scripts/lock
