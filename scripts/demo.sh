#!/usr/bin/env bash
# The demo city, loaded if the database is empty, and the server. Ctrl-C ends both.
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/wangge serve --demo
