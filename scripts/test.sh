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

# More than a thousand tests have a database of their own, which is six hundred files: in memory,
# where there is plenty of it, they are made in a tenth of the time.
room() {
    [ "$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)" -gt 3000000 ] &&
        [ "$(sed -nE 's/^MemAvailable: +([0-9]+) kB/\1/p' /proc/meminfo)" -gt 6000000 ]
}
if [ -z "${WANGGE_TEST_DATA_DIR:-}${WANGGE_DATABASE_URL:-}" ] && room 2>/dev/null; then
    WANGGE_TEST_DATA_DIR=$(mktemp -d /dev/shm/wangge-tests.XXXXXX)
    export WANGGE_TEST_DATA_DIR
    trap 'rm -rf "$WANGGE_TEST_DATA_DIR"' EXIT
    chmod 755 "$WANGGE_TEST_DATA_DIR" # whom PostgreSQL runs as must get in
fi

.venv/bin/python -m pytest -n auto --maxprocesses 4 --dist worksteal "$@"
