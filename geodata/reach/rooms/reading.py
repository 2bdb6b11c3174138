"""Public rooms as they are read: each with its findings, and figures by area."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import require
from geodata.errors import InvalidInput, NotAllowed, NotFound
from geodata.reach.rooms import store
from geodata.reach.rooms.room import MISUSES, stage

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

Row = dict[str, Any]
METRES: Final = ("planned_m2", "accepted_m2", "handed_m2")


@dataclass(frozen=True)
class Rooms:
    """Rooms of an area or of all.

    Attributes:
        rooms: Each with ``stage``, names, ``open`` (findings not ended), ``late`` and
            ``missing_m2`` (planned and not handed over).
        figures: Of all of them together; see ``figures``.
        by_area: The same by area of a level: ``code``, ``name`` and figures.
        by_compound: The same by compound.
        level: The key of that level.
    """

    rooms: list[Row]
    figures: Row
    by_area: list[Row]
    by_compound: list[Row]
    level: str


def rooms(
    database: Database,
    actor: Actor,
    profile: Profile,
    *,
    area: str | None = None,
    by: str | None = None,
) -> Rooms:
    """The rooms of an area and all in it, with figures by a level.

    Raises:
        NotAllowed: The role sees no map.
        InvalidInput: There is no such level.
        NotFound: There is no such area.
    """
    require(actor, "see_map")
    level = by or profile.smallest_level.key
    if level not in {one.key for one in profile.levels}:
        raise InvalidInput(
            "There is no level %(level)s; there are %(known)s.",
            level=level,
            known=", ".join(one.key for one in profile.levels),
        )
    with database.read() as connection:
        found = store.rooms(connection)
        faults = store.findings(connection)
        areas = store.areas(connection)
        compounds = store.compound_names(connection)
    if area is not None and area not in areas:
        raise NotFound("There is no area with the code %(codes)s.", codes=area)
    today = datetime.now(profile.zone).date()
    shown = [
        told(room, faults, areas, compounds, today)
        for room in found
        if area is None or area in path(areas, room["area_code"])
    ]

    def area_of(room: Row) -> str | None:
        above = [code for code in path(areas, room["area_code"]) if areas[code]["level"] == level]
        return above[0] if above else None

    names = {code: one["name"] for code, one in areas.items()}
    return Rooms(
        shown,
        figures(shown),
        _grouped(shown, area_of, names),
        _grouped(shown, lambda room: room["compound_code"], compounds),
        level,
    )


def _grouped(
    shown: list[Row], key: Callable[[Row], str | None], names: Mapping[str, str]
) -> list[Row]:
    """Figures of each group of rooms; what belongs to none comes last."""
    groups: dict[str | None, list[Row]] = {}
    for room in shown:
        groups.setdefault(key(room), []).append(room)
    return [
        {"code": code, "name": names.get(code or "", ""), **figures(some)}
        for code, some in sorted(groups.items(), key=lambda pair: (pair[0] is None, pair[0]))
    ]


def one(database: Database, actor: Actor, profile: Profile, code: str) -> Row:
    """A room with all its findings and entries, and what this actor may do with it.

    ``aside`` is what its ledger says beside the columns that are known.

    Raises:
        NotAllowed: The role sees no map.
        NotFound: There is no such room.
    """
    require(actor, "see_map")
    with database.read() as connection:
        found = store.rooms(connection, [code])
        if not found:
            raise NotFound("There is no room %(code)s.", code=code[:40])
        room = found[0]
        faults = store.findings(connection, room["id"])
        areas, compounds = store.areas(connection), store.compound_names(connection)
        entries = store.entries(connection, room["id"])
        aside = store.asides(connection).get(room["id"], {})
        may = {
            permission: _may(connection, actor, permission, room["area_code"])
            for permission in ("keep_rooms", "report_rooms")
        }
    today = datetime.now(profile.zone).date()
    return {
        **told(room, faults, areas, compounds, today),
        "findings": [{**fault, "late": _is_late(fault, today)} for fault in faults],
        "entries": entries,
        "aside": aside,
        "may": may,
    }


def free(database: Database, actor: Actor, *, least_m2: float = 0.0) -> list[Row]:
    """Rooms that are handed over, have a place, are not in use and not misused.

    Raises:
        NotAllowed: The role sees no map.
    """
    require(actor, "see_map")
    with database.read() as connection:
        found = store.rooms(connection)
        misused = {
            fault["room_id"] for fault in store.findings(connection) if fault["ended_on"] is None
        }
    return [
        room
        for room in found
        if room["handed_on"] is not None
        and room["used_as"] is None
        and room["lon"] is not None
        and room["id"] not in misused
        and (room["handed_m2"] or 0.0) >= least_m2
    ]


def told(
    room: Row, faults: Iterable[Row], areas: dict[str, Row], compounds: dict[str, str], today: date
) -> Row:
    """A room with the names of where it is and what is wrong with it."""
    mine = [fault for fault in faults if fault["room_id"] == room["id"]]
    left = [fault for fault in mine if fault["ended_on"] is None]
    planned, handed = room["planned_m2"] or 0.0, room["handed_m2"] or 0.0
    return {
        **room,
        "stage": stage(room),
        "area_name": areas.get(room["area_code"] or "", {}).get("name", ""),
        "compound_name": compounds.get(room["compound_code"] or "", ""),
        "open": [fault["kind"] for fault in left],
        "misused_m2": sum(fault["m2"] or 0.0 for fault in left if fault["kind"] in MISUSES),
        "recovered_m2": sum(fault["recovered_m2"] or 0.0 for fault in mine),
        "late": any(_is_late(fault, today) for fault in left),
        "missing_m2": max(planned - handed, 0.0),
    }


def figures(some: Iterable[Row]) -> Row:
    """How many rooms and square metres are planned, there, used, missing, misused, recovered."""
    rows = list(some)
    return {
        "rooms": len(rows),
        **{name: round(sum(row[name] or 0.0 for row in rows), 1) for name in METRES},
        "used_m2": round(sum(row["handed_m2"] or 0.0 for row in rows if row["used_as"]), 1),
        "missing_m2": round(sum(row["missing_m2"] for row in rows), 1),
        "misused_m2": round(sum(row["misused_m2"] for row in rows), 1),
        "recovered_m2": round(sum(row["recovered_m2"] for row in rows), 1),
        "misused": sum(row["misused_m2"] > 0 for row in rows),
        "recovered": sum(row["recovered_m2"] > 0 for row in rows),
        "late": sum(row["late"] for row in rows),
    }


def path(areas: dict[str, Row], code: str | None) -> list[str]:
    """An area and all that it lies in, the smallest first; a circle of parents ends."""
    found: list[str] = []
    while code is not None and code in areas and code not in found:
        found.append(code)
        code = areas[code]["parent_code"]
    return found


def _is_late(fault: Row, today: date) -> bool:
    return fault["ended_on"] is None and fault["due_on"] is not None and fault["due_on"] < today


def _may(connection: Any, actor: Actor, permission: str, area: str | None) -> bool:
    try:
        require(actor, permission, area_codes=[area], connection=connection)
    except NotAllowed:
        return False
    return True
