#!/usr/bin/env bash
# The whole test suite: the parallel part with two processes, then the browser's.
# Settings of an operator must not leak into it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
# shellcheck source=scripts/saying.sh
. scripts/saying.sh
for name in DATA_DIR PORT HOST PROFILE LANGUAGE SECRET_KEY DEMO_PASSWORD BASEMAP_URL TIANDITU_KEY; do
    unset "WANGGE_$name"
done

failed=0
run() {
    .venv/bin/python -m pytest "$@"
    local code=$?
    # 5: no test of this kind; whether any test ran at all is checked by the first part
    [ $code -eq 0 ] || { [ $code -eq 5 ] && [ "${may_be_empty:-no}" = yes ]; } || failed=1
}

run -n 2 --dist worksteal -m "not browser" "$@"
may_be_empty=yes run -m browser "$@"
exit $failed
