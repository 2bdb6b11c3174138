#!/usr/bin/env bash
# Install the system packages that are missing, and no others.
#
#   scripts/system.sh run    Python with venv, PostgreSQL 14+ with PostGIS 3.2+, a Chinese typeface
#   scripts/system.sh test   the same and Chromium
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/saying.sh
. scripts/saying.sh
# shellcheck source=scripts/python.sh
. scripts/python.sh

oldest_postgresql=14
missing=()

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        return 127
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

# The major version of a PostgreSQL server with PostGIS, if there is one.
usable_postgresql() {
    local bin version share
    for bin in /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null || true)" \
        "$(dirname "$(command -v postgres || true)" 2>/dev/null)"; do
        if [ ! -x "$bin/initdb" ] || [ ! -x "$bin/postgres" ]; then continue; fi
        version=$("$bin/postgres" --version | sed -E 's/.*\) ([0-9]+).*/\1/')
        [ "$version" -ge "$oldest_postgresql" ] || continue
        share=$("$bin/pg_config" --sharedir 2>/dev/null || echo "/usr/share/postgresql/$version")
        if [ -e "$share/extension/postgis.control" ]; then
            echo "$version"
            return
        fi
    done
}

# The major version that is installed without PostGIS, or else the one that apt would install.
wanted_postgresql() {
    local bin version
    for bin in /usr/lib/postgresql/*/bin; do
        version=$(basename "$(dirname "$bin")")
        if [ -x "$bin/postgres" ] && [ "$version" -ge "$oldest_postgresql" ]; then
            echo "$version"
            return
        fi
    done
    apt-cache policy postgresql | sed -nE 's/^ *Candidate: ([0-9]+).*/\1/p'
}

find_missing() {
    missing=()
    if ! usable_python >/dev/null; then
        missing+=(python3 python3-venv)
    elif ! "$(usable_python)" -c 'import ensurepip, venv' 2>/dev/null; then
        missing+=("$(venv_package)")
    fi
    if [ -z "$(usable_postgresql)" ]; then
        local version
        version=$(wanted_postgresql)
        missing+=("postgresql-${version:=15}" "postgresql-$version-postgis-3")
    fi
    if [ "${1:-run}" = test ]; then
        command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
        # the program inside Playwright that speaks with the browser is linked against it
        [ -n "$(find /usr/lib /lib -name 'libatomic.so.1' -print -quit 2>/dev/null)" ] ||
            missing+=(libatomic1)
    fi
    # for the reports as PDF; a browser shows Chinese with it, too
    fc-list 2>/dev/null | grep -qi wqy-zenhei ||
        [ -e /usr/share/fonts/truetype/wqy/wqy-zenhei.ttc ] || missing+=(fonts-wqy-zenhei)
}

install_packages() {
    local lists=/var/lib/apt/lists
    if [ -z "$(find $lists -maxdepth 1 -name '*Packages*' -print -quit 2>/dev/null)" ]; then
        as_root apt-get update -qq || true
        find_missing "$purpose" # the lists may name another PostgreSQL
    fi
    echo "  ${missing[*]}"
    apt_install || { as_root apt-get update -qq && apt_install; }
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/tmp/wangge-apt.$$ 2>&1 || {
        tail -n 5 /tmp/wangge-apt.$$ >&2
        rm -f /tmp/wangge-apt.$$
        return 1
    }
    rm -f /tmp/wangge-apt.$$
}

purpose=${1:-run}
find_missing "$purpose"
[ ${#missing[@]} -gt 0 ] || exit 0
how="apt-get install ${missing[*]}"
if ! command -v apt-get >/dev/null; then
    die "缺少系统软件包，且本机没有 apt：请安装与 ${missing[*]} 相当的软件包。" \
        "System packages are missing and there is no apt here: install what matches ${missing[*]}."
fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    die "缺少系统软件包，而您不是 root，也没有 sudo。请管理员执行：$how" \
        "System packages are missing, and you are neither root nor have sudo. Ask for: $how"
fi
printf '%s▸ %s%s\n' "$bold" "$(choose '安装系统软件包' 'System packages')" "$plain"
began=$(date +%s.%N)
install_packages || die "系统软件包安装失败。请手工执行：$how" \
    "The system packages could not be installed. Try by hand: $how"
find_missing "$purpose"
[ ${#missing[@]} -eq 0 ] || die "安装后仍缺少：${missing[*]}" "Still missing: ${missing[*]}"
printf '%s  ✓ %.1f s%s\n' "$green" "$(seconds_since "$began")" "$plain"
