"""What answers depend on: the code, and the libraries that reckon."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import geodata

RECKONING: Final = ("numpy", "pandas", "shapely", "geopandas", "numba", "scipy", "distributed")
"""Libraries that make answers, or carry them."""


@cache
def versions() -> dict[str, str]:
    """The versions that two machines must share to come to the same answers, by name.

    That of Wangge names its code as well: a checkout may be newer than its number.
    """
    room = Path(geodata.__file__).parent
    code = hashlib.sha256()
    for path in sorted(room.rglob("*.py")):
        code.update(path.relative_to(room).as_posix().encode())
        code.update(path.read_bytes())
    return {
        "wangge": f"{version('wangge')}+{code.hexdigest()[:8]}",
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: version(name) for name in RECKONING},
    }
