"""Cases per place, as number and per 10,000 households (万户比), small bases marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from geodata.accounts import Actor, require
from geodata.cases import store
from geodata.cases.filters import CaseFilter
from geodata.cases.hiding import Counted, hidden
from geodata.cases.querying import check

if TYPE_CHECKING:
    from geodata.database import Database
    from geodata.profiles import Profile

By = Literal["area", "grid", "compound"]
MIN_HOUSEHOLDS: Final = 100


@dataclass(frozen=True)
class Place:
    """A place that cases are counted in: ``households`` None if nobody knows."""

    code: str
    name: str
    level: str
    parent: str | None
    households: int | None


@dataclass(frozen=True)
class Count:
    """The cases of one place; ``rate`` per 10,000 households, None without a base.

    ``small_base`` marks a rate that rests on fewer households than asked for: one case more
    would change it much, so it must not lead a ranking. ``count`` is None where it is so small
    that it is hidden from who asks.
    """

    place: Place
    count: int | None
    households: int | None
    rate: float | None
    small_base: bool


@dataclass(frozen=True)
class Counts:
    """Counts of all places, and the cases that lie in none of them (None: hidden)."""

    by: By
    at: datetime
    min_households: int
    rows: list[Count]
    elsewhere: int | None


def count_in(
    places: Sequence[Place],
    totals: Mapping[str | None, int],
    *,
    min_households: int = MIN_HOUSEHOLDS,
) -> tuple[list[Count], int]:
    """Counts of every place with those inside it, and how many cases lie in no place.

    Households and cases of a place that has places inside are its own plus theirs, except that
    a number of households that the place itself states goes before the sum of those inside.
    The order is that of ``places``.
    """
    known = {place.code: place for place in places}
    counts = dict.fromkeys(known, 0)
    households: dict[str, int | None] = {place.code: place.households for place in places}
    for code in _upwards(known):
        parent = known.get(known[code].parent or "")
        counts[code] += totals.get(code, 0)
        if parent is not None:
            counts[parent.code] += counts[code]
            inside = households[code]
            if parent.households is None and inside is not None:
                households[parent.code] = (households[parent.code] or 0) + inside
    rows = [
        _count(place, counts[place.code], households[place.code], min_households)
        for place in places
    ]
    elsewhere = sum(number for code, number in totals.items() if code not in known)
    return rows, elsewhere


def ranked(rows: Sequence[Count]) -> list[Count]:
    """Highest rate first; those with a small base or none after all others."""
    return sorted(
        rows,
        key=lambda row: (row.rate is None, row.small_base, -(row.rate or 0.0), -(row.count or 0)),
    )


def count_cases(
    database: Database,
    actor: Actor,
    profile: Profile,
    wanted: CaseFilter,
    *,
    by: By,
    at: datetime | None = None,
    min_households: int = MIN_HOUSEHOLDS,
) -> Counts:
    """How many cases each place has, by the place that stood when a case was reported.

    ``at`` says of which moment places and households are taken (now if absent). Who may not
    ``see_few`` is told no counts under the profile's ``min_public``.

    Raises:
        InvalidInput: kinds that nobody uses.
        NotFound: an area that never was.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    now = datetime.now(UTC)
    moment = at or now
    where, values = store.conditions(
        wanted, open_states=profile.open_states, timezone=profile.timezone, now=now
    )
    with database.read() as connection:
        check(connection, wanted, profile)
        totals = store.totals(connection, where, values, by=by)
        places = [Place(**row) for row in store.bases(connection, by=by, at=moment)]
    rows, elsewhere = count_in(places, totals, min_households=min_households)
    if actor.may("see_few"):
        return Counts(by, moment, min_households, rows, elsewhere)
    least = profile.cases.min_public
    few = 0 < elsewhere < least
    return Counts(by, moment, min_households, _public(rows, least), None if few else elsewhere)


def _public(rows: Sequence[Count], least: int) -> list[Count]:
    """The counts as everybody may see them."""
    counted = [Counted(row.place.code, row.place.parent, row.count or 0) for row in rows]
    few = hidden(counted, least=least)
    return [replace(row, count=None, rate=None) if row.place.code in few else row for row in rows]


def _upwards(known: Mapping[str, Place]) -> list[str]:
    """Codes with every place before its parent, whatever the number of levels."""

    def depth(code: str) -> int:
        seen = {code}
        parent = known.get(known[code].parent or "")
        while parent is not None and parent.code not in seen:
            seen.add(parent.code)
            parent = known.get(parent.parent or "")
        return len(seen)

    return sorted(known, key=depth, reverse=True)


def _count(place: Place, count: int, households: int | None, least: int) -> Count:
    rate = count / households * 10_000 if households else None
    return Count(place, count, households, rate, rate is not None and (households or 0) < least)


def as_row(row: Count) -> dict[str, Any]:
    """The count as a flat record."""
    return {
        "code": row.place.code,
        "name": row.place.name,
        "level": row.place.level,
        "parent": row.place.parent,
        "count": row.count,
        "households": row.households,
        "rate": row.rate,
        "small_base": row.small_base,
    }
