"""Public rooms of the generated city: owed with compounds, handed over, misused, recovered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import sqlalchemy as sa

from geodata.demo import naming
from geodata.demo.places import ROOM_M2, TITLES
from geodata.reach.rooms.tables import public_rooms, room_entries, room_findings

if TYPE_CHECKING:
    from geodata.demo.city import City

Row = dict[str, Any]
OWING: Final = 0.3
"""Share of the compounds with which rooms were to be built."""
_USES: Final = (
    "service_station",
    "meeting_room",
    "day_care",
    "reading_room",
    "childcare",
    "canteen",
)
_OTHER_USES: Final = ("let", "occupied", "other_use", "sold")
_OWNERS: Final = ("housing", "urban_management")
_DAYS_A_YEAR: Final = 365
_BY: Final = "示范数据"


@dataclass
class Room:
    """One room with all that happened to it, in the order in which it happened."""

    values: Row
    point: tuple[float, float]
    entries: list[tuple[date, str, Row]] = field(default_factory=list)
    findings: list[tuple[Row, list[tuple[date, str, Row]]]] = field(default_factory=list)


def rooms_of(city: City) -> list[Room]:
    """The rooms of a city; the same city has the same rooms."""
    rng = np.random.default_rng([city.seed, 41])
    today = city.until.astimezone(city.profile.zone).date()
    now = city.compounds[city.compounds["ended"].isna()]
    recent = now[now["type"].isin(["commercial", "affordable"])]
    share = min(OWING * len(now) / max(len(recent), 1), 1.0)
    owing = recent[rng.random(len(recent)) < share]
    homes = city.buildings[city.buildings["ended"].isna()].groupby("compound_code").groups
    developers = [one.replace("物业服务", "置业") for one in naming.firms()]
    found = []
    for compound in owing.to_dict("records"):
        for number in range(int(rng.integers(1, 3))):
            rows = homes.get(compound["code"])
            built = None if rows is None else city.buildings.geometry.loc[rng.choice(rows)]
            where = (compound["geometry"] if built is None else built).representative_point()
            found.append(
                _room(rng, compound, number, (where.x, where.y), str(rng.choice(developers)), today)
            )
    return found


def _room(
    rng: np.random.Generator,
    compound: Row,
    number: int,
    point: tuple[float, float],
    developer: str,
    today: date,
) -> Room:
    use = str(rng.choice(_USES))
    planned = float(round(ROOM_M2[use] * rng.uniform(0.8, 1.4)))
    planned_on = today - timedelta(days=int(rng.integers(3, 9) * _DAYS_A_YEAR + rng.integers(200)))
    room = Room(
        {
            "code": f"{compound['code']}-G{number + 1}",
            "name": f"{compound['name']}{TITLES[use]}用房",
            "compound_code": compound["code"],
            "area_code": compound["area_code"],
            "developer": developer,
            "planned_use": use,
            "planned_m2": planned,
            "planned_on": planned_on,
            "plan_document": f"规核〔{planned_on.year}〕{int(rng.integers(1, 300))}号",
        },
        point,
    )
    _tell(room, planned_on, "enter", {name: room.values[name] for name in
                                      ("planned_use", "planned_m2", "planned_on")})  # fmt: skip
    accepted_on = planned_on + timedelta(days=int(rng.integers(500, 1100)))
    if accepted_on > today or rng.random() < 0.07:
        return room
    size = float(round(planned * (rng.uniform(0.6, 0.85) if rng.random() < 0.12 else 1.0)))
    _step(room, accepted_on, "accept", {"accepted_m2": size, "accepted_on": accepted_on})
    handed_on = accepted_on + timedelta(days=int(rng.integers(20, 300)))
    is_handed = handed_on <= today and rng.random() > 0.12
    if is_handed:
        _step(room, handed_on, "hand_over", {"handed_m2": size, "handed_on": handed_on})
        used_since = handed_on + timedelta(days=int(rng.integers(10, 200)))
        if used_since <= today and rng.random() > 0.15:
            _step(room, used_since, "use", {"used_as": use, "used_since": used_since})
    if rng.random() < (0.16 if is_handed else 0.5):
        _misuse(rng, room, size, max(accepted_on, today - timedelta(days=420)), today)
    return room


def _misuse(rng: np.random.Generator, room: Room, size: float, earliest: date, today: date) -> None:
    """Found used for something else, ordered back, perhaps recovered."""
    found_on = earliest + timedelta(days=int(rng.integers(0, max((today - earliest).days, 1))))
    m2 = float(round(size * rng.uniform(0.4, 1.0)))
    finding: Row = {"kind": str(rng.choice(_OTHER_USES)), "m2": m2, "found_on": found_on}
    entries = [(found_on, "find", dict(finding))]
    ordered_on = found_on + timedelta(days=int(rng.integers(2, 15)))
    if ordered_on <= today:
        due_on = ordered_on + timedelta(days=int(rng.choice([30, 60, 90])))
        order = {"owner": str(rng.choice(_OWNERS)), "due_on": due_on, "ordered_on": ordered_on}
        finding |= order
        entries.append((ordered_on, "order", order))
        ended_on = ordered_on + timedelta(days=int(rng.integers(15, 120)))
        if ended_on <= today and rng.random() < 0.7:
            back = m2 if rng.random() < 0.8 else float(round(m2 * 0.6))
            end = {"ended_on": ended_on, "outcome": "recovered", "recovered_m2": back}
            finding |= end
            entries.append((ended_on, "recover", end))
    room.findings.append((finding, entries))


def _step(room: Room, day: date, name: str, values: Row) -> None:
    room.values |= values
    _tell(room, day, name, values)


def _tell(room: Room, day: date, name: str, values: Row) -> None:
    room.entries.append((day, name, values))


def store_rooms(connection: sa.Connection, city: City) -> int:
    """Write the rooms down; gives how many there are."""
    rooms = rooms_of(city)
    if not rooms:
        return 0
    table = [
        {
            **{column: room.values.get(column) for column in _COLUMNS},
            "geom": f"SRID=4326;POINT({room.point[0]:.7f} {room.point[1]:.7f})",
            "extra": {"synthetic": True},
            "revision": len(room.entries) + sum(len(one) for _, one in room.findings),
        }
        for room in rooms
    ]
    added = sa.insert(public_rooms).returning(public_rooms.c.id, sort_by_parameter_order=True)
    numbers = connection.execute(added, table).scalars().all()
    findings = [
        {**dict.fromkeys(_FINDING), **values, "room_id": number}
        for number, room in zip(numbers, rooms, strict=True)
        for values, _ in room.findings
    ]
    found: list[int] = []
    if findings:
        more = sa.insert(room_findings).returning(room_findings.c.id, sort_by_parameter_order=True)
        found = list(connection.execute(more, findings).scalars())
    told = iter(found)
    entries: list[Row] = []
    for number, room in zip(numbers, rooms, strict=True):
        entries += [_entry(city, number, None, one) for one in room.entries]
        for _, course in room.findings:
            finding = next(told)
            entries += [_entry(city, number, finding, one) for one in course]
    connection.execute(sa.insert(room_entries), entries)
    return len(rooms)


_COLUMNS: Final = (
    "code", "name", "compound_code", "area_code", "developer", "planned_use", "planned_m2",
    "planned_on", "plan_document", "accepted_m2", "accepted_on", "handed_m2", "handed_on",
    "used_as", "used_since",
)  # fmt: skip
_FINDING: Final = (
    "kind", "m2", "found_on", "owner", "due_on", "ordered_on", "ended_on", "outcome",
    "recovered_m2",
)  # fmt: skip


def _entry(city: City, room: int, finding: int | None, told: tuple[date, str, Row]) -> Row:
    day, step, values = told
    # steps say what was before and after, what is found says what it is
    changes = {name: _plain(value) for name, value in values.items()}
    if finding is None:
        changes = {name: [None, value] for name, value in changes.items()}
    return {
        "room_id": room,
        "finding_id": finding,
        "at": datetime.combine(day, datetime.min.time(), tzinfo=city.profile.zone).replace(hour=10),
        "user_id": None,
        "by_name": _BY,
        "step": step,
        "changes": changes,
        "note": "",
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def empty_rooms(connection: sa.Connection) -> None:
    """Remove all rooms; their entries, which nobody edits, go with them."""
    connection.execute(sa.text("ALTER TABLE room_entries DISABLE TRIGGER room_entries_stay"))
    connection.execute(sa.text("TRUNCATE room_entries, room_findings, public_rooms"))
    connection.execute(sa.text("ALTER TABLE room_entries ENABLE TRIGGER room_entries_stay"))


def rooms_taken(connection: sa.Connection) -> bool | None:
    """Whether all rooms are generated; None: there are none."""
    generated = public_rooms.c.extra["synthetic"].astext == "true"
    query = sa.select(sa.func.count(), sa.func.count().filter(generated)).select_from(public_rooms)
    every, ours = connection.execute(query).one()
    return None if not every else every == ours
