"""Run every measurement of ``bench/`` and show one table; also ``bench/results.json``.

``make bench ARGS="copying locating"`` runs only these; what stands behind a ``--`` goes to each of
them, as in ``make bench ARGS="live -- reports --minutes 5"``. Each measurement is a
program that prints JSON lines: ``name``, its figures, and, if it has a peer, ``ratio`` and the
``wanted`` ratio; or a ``value`` with a ``limit``. They get an embedded PostGIS of their own, with
durable settings.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from geodata.database import open_database
from geodata.database.migrations import upgrade
from geodata.settings import Settings

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results.json"


def programs(names: list[str]) -> list[Path]:
    """The measurements of these names, or all."""
    known = {path.stem: path for path in sorted((ROOT / "bench").glob("[a-z]*.py"))}
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"no such measurement: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return [known[name] for name in names] if names else list(known.values())


def run(program: Path, folder: Path, given: list[str]) -> tuple[list[dict[str, Any]], bool]:
    """What one measurement printed, and whether it ended well."""
    environment = {
        **os.environ,
        "WANGGE_DATA_DIR": str(folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [sys.executable, str(program), *given],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    found = []
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            found.append({"bench": program.stem, **json.loads(line)})
        elif line.strip():
            print(f"  {line}")
    return found, done.returncode == 0


def verdict(row: dict[str, Any]) -> bool | None:
    """Whether a figure is what was wanted; none if nothing was."""
    if row.get("same") is False:
        return False
    if "ratio" in row and "wanted" in row:
        return bool(row["ratio"] >= row["wanted"])
    if "value" in row and "limit" in row:
        return bool(row["value"] <= row["limit"])
    return None


def show(rows: list[dict[str, Any]]) -> None:
    """The table."""
    table = Table("measurement", "what", "ours", "peer", "ratio or value", "wanted", "")
    for row in rows:
        given = row.get("ratio", row.get("value", ""))
        wanted = row.get("wanted", row.get("limit", ""))
        sign = "≥" if "wanted" in row else "≤" if "limit" in row else ""
        peer = f"{row['peer']} {row.get('peer_seconds', '')} s" if "peer" in row else ""
        good = verdict(row)
        table.add_row(
            row["bench"],
            str(row.get("name", "")),
            f"{row['seconds']} s" if "seconds" in row else "",
            peer,
            f"{given} {row.get('unit', '')}".strip(),
            f"{sign} {wanted}".strip(),
            "" if good is None else "✓" if good else "✗",
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def main() -> None:
    """Run, show, keep."""
    folder = Path(os.environ.get("WANGGE_BENCH_DATA_DIR", ROOT / "var" / "bench")).absolute()
    names, given = sys.argv[1:], []
    if "--" in names:
        at = names.index("--")
        names, given = names[:at], names[at + 1 :]
    rows: list[dict[str, Any]] = []
    failed = []
    with open_database(Settings(data_dir=folder, database_url=None), pool_size=1) as database:
        upgrade(database)
        for program in programs(names):
            print(f"▸ {program.stem}", flush=True)
            began = time.perf_counter()
            found, well = run(program, folder, given)
            print(f"  {time.perf_counter() - began:.1f} s", flush=True)
            rows += found
            if not well or not found:
                failed.append(program.stem)
    show(rows)
    kept = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "results": rows,
        "failed": failed,
    }
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    missed = [str(row.get("name")) for row in rows if verdict(row) is False]
    if failed:
        print(f"did not end well: {', '.join(failed)}")
    if missed:
        print(f"not as wanted: {', '.join(missed)}")
    sys.exit(1 if failed or missed else 0)


if __name__ == "__main__":
    main()
