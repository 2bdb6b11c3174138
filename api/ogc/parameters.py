"""What an OGC request asks for, read strictly: a word or value that we do not know is refused."""

from __future__ import annotations

import base64
import math
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from flask import request

from api.serving import profile
from geodata.cases.filters import moment
from geodata.errors import InvalidInput
from geodata.places.featuring import Box

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS84_NAMES: Final = frozenset(
    {CRS84, f"<{CRS84}>", "CRS84", "OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84"}
)
LIMIT: Final = 100
HIGHEST_LIMIT: Final = 10_000
ALWAYS: Final = frozenset({"f", "lang"})


def refuse_unknown(known: Collection[str]) -> None:
    """Refuse a query that uses a parameter twice or one that is not among ``known``.

    Raises:
        InvalidInput: names the parameter and what there is.
    """
    arguments: MultiDict[str, str] = request.args
    for name, values in arguments.lists():
        if name not in ALWAYS and name not in known:
            raise InvalidInput(
                "There is no parameter %(name)s. There are: %(known)s.",
                name=name[:100],
                known=", ".join(sorted(known)) or "–",
            )
        if len(values) > 1:
            raise InvalidInput("The parameter %(name)s stands twice.", name=name[:100])
    if arguments.get("f", "json") not in {"json", "geojson", "mvt", "application/json"}:
        raise InvalidInput("There is no form %(name)s here; leave f out.", name=arguments["f"][:40])


def limit() -> int:
    """How many features a page has; more than the highest is the highest (Features 1.0.1, 7.15.2).

    Raises:
        InvalidInput: not a whole number from 1.
    """
    text = request.args.get("limit")
    if text is None:
        return LIMIT
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) < 1:
        raise InvalidInput(
            "The limit is a whole number from 1 to %(highest)s.", highest=HIGHEST_LIMIT
        )
    return min(int(text), HIGHEST_LIMIT)


def boxes() -> tuple[Box, ...]:
    """The ``bbox``: none, one, or two where it crosses the antimeridian.

    Raises:
        InvalidInput: not four or six finite numbers in their order and ranges; another CRS.
    """
    for name in ("bbox-crs", "crs"):
        if request.args.get(name, CRS84) not in CRS84_NAMES:
            raise InvalidInput("The %(name)s can only be %(crs)s.", name=name, crs=CRS84)
    text = request.args.get("bbox")
    if text is None:
        return ()
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        west, south, low, east, north, high = numbers
        numbers = [west, south, east, north] if low <= high else []
    if len(numbers) != 4 or not all(math.isfinite(number) for number in numbers):
        raise _no_box(text)
    west, south, east, north = numbers
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise _no_box(text)
    if west > east:
        return (west, south, 180.0, north), (-180.0, south, east, north)
    return ((west, south, east, north),)


def _no_box(text: str) -> InvalidInput:
    return InvalidInput(
        "%(text)s is no bbox. Write west,south,east,north in degrees.", text=text[:200]
    )


def period() -> tuple[datetime | None, datetime | None]:
    """The ``datetime``: first and last moment, each None where open. A date is its local day.

    Raises:
        InvalidInput: neither a moment nor an interval, or one that ends before it begins.
    """
    text = request.args.get("datetime")
    if text is None:
        return None, None
    first, slash, last = text.partition("/")
    if not slash:
        return _first(first), _last(first)
    since = None if first in {"", ".."} else _first(first)
    until = None if last in {"", ".."} else _last(last)
    if since is not None and until is not None and until < since:
        raise InvalidInput("The period ends before it begins. Exchange from and to.")
    return since, until


def at() -> datetime | None:
    """The moment whose version is meant; a date is the end of its local day.

    Raises:
        InvalidInput: no date.
    """
    text = request.args.get("at")
    return None if text is None else _last(text)


def _first(text: str) -> datetime:
    return moment(text[:64], profile.timezone)


def _last(text: str) -> datetime:
    found = moment(text[:64], profile.timezone, end=True)
    return found - timedelta(microseconds=1) if len(text) == 10 else found


def after() -> int | None:
    """The row after which the page begins, from the cursor of the page before.

    Raises:
        InvalidInput: no cursor of ours.
    """
    text = request.args.get("after")
    if text is None:
        return None
    try:
        number = int(base64.urlsafe_b64decode(text[:64] + "=" * (-len(text) % 4)).decode("ascii"))
    except ValueError:
        number = -1
    if not 0 <= number < 2**63 or cursor(number) != text:
        raise InvalidInput("This after comes from no page; begin again without it.")
    return number


def cursor(row: int) -> str:
    """The opaque ``after`` of the page that follows ``row``."""
    return base64.urlsafe_b64encode(str(row).encode()).decode().rstrip("=")


def choices(names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Property filters: ``name=value`` or ``name=one,or,other`` for each of ``names``."""
    return {
        name: tuple(value for value in request.args[name].split(","))
        for name in names
        if name in request.args
    }


def truth(name: str) -> bool:
    """A parameter that is true or false, false if absent.

    Raises:
        InvalidInput: anything else.
    """
    text = request.args.get(name, "false")
    if text not in {"true", "false"}:
        raise InvalidInput("%(name)s is true or false.", name=name)
    return text == "true"
