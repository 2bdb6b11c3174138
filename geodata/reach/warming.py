"""The compiled loops of reach, loaded before somebody waits for them.

A process loads them in seconds, and the first one of an installation compiles them for half a
minute. The worker does so as it starts, which leaves what was compiled on disk; a server process
when somebody opens the planner's page.
"""

from __future__ import annotations

import threading
from functools import cache

import structlog

log = structlog.get_logger()


@cache
def warm() -> threading.Thread:
    """Load them in the background, once in a process."""
    thread = threading.Thread(target=_load, name="warming reach", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    try:
        get_ready()
    except Exception:
        # Nobody waits for this; who asks for areas is told what is wrong.
        log.exception("the compiled loops of reach could not be loaded")


@cache
def get_ready() -> None:
    """Run every loop once, on a street of two blocks."""
    import geopandas as gpd  # noqa: PLC0415 - with the loops
    import shapely  # noqa: PLC0415 - with the loops

    from geodata.reach.walking import service_areas  # noqa: PLC0415 - numba, scipy

    lines = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(100, 0), (100, 90)]]
    streets = gpd.GeoDataFrame(
        {"kind": ["path", "path", "path", "river"]},
        geometry=shapely.linestrings([*lines, [(0, 40), (200, 40)]]),
        crs=4548,
    )
    places = gpd.GeoDataFrame(geometry=shapely.points([(30, 5), (170, 5)]), crs=4548)
    for together in ("each", "nearest", "merged"):
        service_areas(streets, places, minutes=2, together=together)
