#!/usr/bin/env bash
# The whole test suite, with a process for each core of the machine, four at most.
# Settings of an operator must not leak into it.
set -euo pipefail
cd "$(dirname "$0")/.." || exit
# shellcheck source=scripts/saying.sh
. scripts/saying.sh
for name in DATA_DIR PORT HOST PROFILE LANGUAGE SECRET_KEY DEMO_PASSWORD BASEMAP_URL TIANDITU_KEY SCHEDULER; do
    unset "WANGGE_$name"
done

.venv/bin/python -m pytest -n auto --maxprocesses 4 --dist worksteal "$@"
