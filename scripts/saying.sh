# Sourced by the other scripts: what they say, in the operator's language, and how long it took.
# shellcheck shell=bash

if [ -t 1 ]; then bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; else bold='' red='' green='' plain=''; fi

# choose CHINESE ENGLISH: one of the two
choose() {
    if [ "${WANGGE_LANGUAGE:-zh}" = en ]; then printf '%s' "$2"; else printf '%s' "$1"; fi
}

# step CHINESE ENGLISH COMMAND…: run a command under a heading, with the seconds that it took
step() {
    local heading began
    heading=$(choose "$1" "$2")
    shift 2
    printf '%s▸ %s%s\n' "$bold" "$heading" "$plain"
    began=$(date +%s.%N)
    if "$@"; then
        printf '%s  ✓ %s  %.1f s%s\n' "$green" "$heading" "$(seconds_since "$began")" "$plain"
    else
        die "失败：$heading" "Failed: $heading"
    fi
}

seconds_since() {
    awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%f", b - a }'
}

# die CHINESE ENGLISH: one red line, and the end
die() {
    printf '%s%s%s\n' "$red" "$(choose "$1" "$2")" "$plain" >&2
    exit 1
}
