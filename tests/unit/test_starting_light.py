"""What takes seconds to load waits until somebody needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

STARTS = {
    "the command line": (
        "import app",
        {"sqlalchemy", "pandas", "geopandas", "pyarrow", "numba", "distributed"},
    ),
    "the worker": (
        "import app, geodata.database.working; app.register_jobs()",
        {"pandas", "geopandas", "pyarrow", "numba", "pyogrio", "distributed"},
    ),
    "a server process": (
        "import api, api.v1, webmap, app; app.register_jobs()",
        {"numba", "pyogrio", "openpyxl", "python_calamine", "distributed"},
    ),
}


@pytest.mark.parametrize("who", STARTS)
def test_heavy_libraries_wait_until_they_are_needed(who):
    program, heavy = STARTS[who]
    said = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert not heavy & set(said.split())
