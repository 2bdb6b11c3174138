"""The compiled loops of reach, loaded before somebody waits for them.

A process loads them in seconds, and the first one of an installation compiles them for half a
minute. The worker does so as it starts, which leaves what was compiled on disk; a server process
when somebody opens the planner's page. A server process also reads the city's streets and homes
before they are asked for: a while after its start, and again when that page is opened after one of
them has changed.
"""

from __future__ import annotations

import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.profiles import Profile

log = structlog.get_logger()

PAGE_S: Final = 3.0
"""Seconds that a page that was opened has for itself."""
START_S: Final = 45.0
"""Seconds after its start: by then the worker has compiled what a new installation lacks."""
MOST_STREETS: Final = 300_000
"""Of more, the network takes memory that a process needs only if somebody asks."""
_servers: set[str] = set()
_preparing: dict[str, threading.Thread] = {}


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


def serve_ready(database: Database, profile: Profile) -> None:
    """Have the city ready in this server process, now and whenever ``prepare`` is called."""
    _servers.add(database.url)
    _start(database, profile, START_S, MOST_STREETS)


def prepare(database: Database, profile: Profile) -> None:
    """Read the city in the background, if this is a server process; loads the loops anywhere."""
    warm()
    before = _preparing.get(database.url)
    if database.url in _servers and (before is None or not before.is_alive()):
        _preparing[database.url] = _start(database, profile, PAGE_S, None)


def _start(
    database: Database, profile: Profile, after_s: float, most_streets: int | None
) -> threading.Thread:
    told = (database, profile, after_s, most_streets)
    thread = threading.Thread(target=_prepare, args=told, name="preparing reach", daemon=True)
    thread.start()
    return thread


def _prepare(
    database: Database, profile: Profile, after_s: float, most_streets: int | None
) -> None:
    time.sleep(after_s)
    try:
        get_ready()
        get_city_ready(database, profile, most_streets=most_streets)
    except Exception:
        # Nobody waits for this either.
        log.exception("the city's streets could not be prepared")


def get_city_ready(
    database: Database, profile: Profile, *, most_streets: int | None = None
) -> None:
    """Answer what the planner's page asks first, so that it is kept; of no city nothing."""
    import sqlalchemy as sa  # noqa: PLC0415 - light start

    from geodata.accounts import Actor  # noqa: PLC0415
    from geodata.errors import WanggeError  # noqa: PLC0415
    from geodata.places.tables import LAYERS  # noqa: PLC0415
    from geodata.reach import covering, outlining  # noqa: PLC0415

    some = (most_streets or 0) + 1
    with database.read() as connection:
        rows = sa.select(sa.literal(1)).select_from(LAYERS["streets"]).limit(some).subquery()
        streets = connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one()
    if not streets or (most_streets is not None and streets > most_streets):
        return
    actor = Actor.terminal()
    walker = next((one.key for one in profile.walkers), "")
    minutes = [one.minutes for one in profile.service_circles]
    try:
        for each in minutes:
            covering.cover(database, actor, profile, covering.Wish(minutes=each, walker=walker))
            outlining.areas(
                database, actor, profile, outlining.AreasWish(minutes=(each,), walker=walker)
            )
        covering.judged(database, actor, profile, covering.Wish(walker=walker))
    except WanggeError as error:  # a city in the making: who asks is told what it lacks
        log.info("the city could not be prepared", reason=str(error))
