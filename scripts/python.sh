# Sourced by the other scripts: which Python to use.
# shellcheck shell=bash

# The first Python that is 3.11 or newer.
usable_python() {
    local name
    for name in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# Debian's package with ``venv`` for that Python.
venv_package() {
    "$(usable_python)" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}
