#!/usr/bin/env bash
# Style, types and import rules. All are run, so that one sees everything at once.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
failed=0
try() {
    echo "▸ $*"
    "$@" || failed=1
}
try .venv/bin/ruff check .
try .venv/bin/ruff format --check .
try .venv/bin/mypy
try .venv/bin/lint-imports
if command -v shellcheck >/dev/null; then try shellcheck -x scripts/*.sh .ci/run; fi
exit $failed
