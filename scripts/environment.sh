#!/usr/bin/env bash
# The Python environment in .venv, exactly as the lock files say.
#
#   scripts/environment.sh run   what the server needs
#   scripts/environment.sh dev   the same with the tools of tests, style and types
#
# A stamp in .venv says which lock it follows, so that the second time takes no time.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/saying.sh
. scripts/saying.sh
# shellcheck source=scripts/python.sh
. scripts/python.sh

purpose=${1:-run}
python=$(usable_python) || die "需要 Python 3.11 或更高版本。" "Python 3.11 or newer is needed."

# key LOCK: what an environment made from it depends on, its own place included
key() {
    { "$python" -V; pwd; cat requirements-uv.lock "$1" pyproject.toml; } | sha256sum | cut -c 1-32
}

stamp=.venv/.wangge
current=$(cat "$stamp" 2>/dev/null || true)
dev="dev $(key requirements-dev.lock)"
run="run $(key requirements.lock)"
if [ -x .venv/bin/python ]; then
    # an environment with the tools serves as well: a demo after a test removes nothing
    if [ "$current" = "$dev" ]; then exit 0; fi
    if [ "$purpose" = run ] && [ "$current" = "$run" ]; then exit 0; fi
fi
# who has the tools keeps them, also when the lock has changed
case $current in dev\ *) purpose=dev ;; esac
if [ "$purpose" = dev ]; then lock=requirements-dev.lock new=$dev; else lock=requirements.lock new=$run; fi

# uv reads no pip configuration: hand a mirror on, so that one setting serves both
mirror() {
    [ -n "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] || UV_DEFAULT_INDEX=$(of_pip index-url)
    [ -n "${UV_INDEX:-}${UV_EXTRA_INDEX_URL:-}" ] || UV_INDEX=$(of_pip extra-index-url)
    [ -n "${UV_FIND_LINKS:-}" ] || UV_FIND_LINKS=$(of_pip find-links | tr ' ' ',')
    # all indexes at once, as pip does: the hashes of the lock say which file is meant
    export UV_INDEX_STRATEGY=unsafe-best-match
    # a mirror inside a closed network is often signed by the network's own authority
    export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
    if [ -n "$(of_pip no-index)" ]; then export UV_NO_INDEX=1; fi
    local name
    for name in UV_DEFAULT_INDEX UV_INDEX UV_FIND_LINKS; do
        if [ -n "${!name:-}" ]; then export "${name?}"; else unset "$name"; fi
    done
}

# of_pip OPTION: what pip's environment or configuration says, on one line
of_pip() {
    .venv/bin/pip config list 2>/dev/null |
        sed -nE "s/^(:env:|global|install|user|site)\.$1='(.*)'\$/\2/p" | tail -n 1 |
        sed -E 's/\\n/ /g; s/^ +//; s/ +$//'
}

make_venv() {
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1 ||
        [ "$(.venv/bin/python -V)" != "$("$python" -V)" ]; then
        "$python" -m venv --clear .venv
    fi
    rm -f "$stamp"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r requirements-uv.lock
}

install_lock() {
    mirror
    .venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes "$lock"
}

install_wangge() {
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation \
        --editable . &&
        .venv/bin/python -c 'from geodata.words import compile_catalogue; compile_catalogue()'
}

step "Python 环境（.venv）" "Python environment (.venv)" make_venv
step "Python 库（$lock）" "Python libraries ($lock)" install_lock
step "网格本身" "Wangge itself" install_wangge
echo "$new" >"$stamp"
