# make demo    from a bare checkout to a working system
# make test    the whole test suite, with a real PostGIS and a real browser
# make lint    style, types, import rules        make bench   the benchmark table
# make lock    write the lock files anew         make clean   remove what these made, data excepted

SHELL := /bin/bash
.PHONY: demo test lint bench lock clean

demo:
	@scripts/system.sh run
	@scripts/environment.sh run
	@scripts/demo.sh

test:
	@scripts/system.sh test
	@scripts/environment.sh dev
	@scripts/test.sh $(ARGS)

lint:
	@scripts/system.sh run
	@scripts/environment.sh dev
	@scripts/lint.sh

bench:
	@scripts/system.sh run
	@scripts/environment.sh dev
	@.venv/bin/python scripts/bench.py $(ARGS)

COMPILE := .venv/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --all-build-deps

lock:
	@scripts/environment.sh dev
	@$(COMPILE) --output-file requirements.lock pyproject.toml
	@$(COMPILE) --extra dev --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
