"""Public rooms: entered, taken through their steps, found wrong, recovered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.errors import Conflict, InvalidInput, NotFound
from geodata.reach.rooms import store
from geodata.reach.rooms.room import (
    ENTERED,
    LONGEST_CODE,
    Fault,
    Step,
    check_code,
    check_fault,
    check_step,
    check_values,
    largest,
    values_of,
)

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

Row = dict[str, Any]


def enter(
    database: Database, actor: Actor, profile: Profile, code: str, values: Mapping[str, Any]
) -> Row:
    """A new room as its plan has it; gives it as it stands.

    Raises:
        NotAllowed: The role keeps no rooms, or the room lies outside the areas of duty.
        InvalidInput: No code, or values that no room has.
        Conflict: There is a room of that code.
    """
    require(actor, "keep_rooms")
    code = check_code(code)
    unknown = sorted(set(values) - set(ENTERED))
    if unknown:
        raise InvalidInput("A new room takes no %(field)s.", field=", ".join(unknown))
    check_values(values, profile, today=_today(profile))
    with database.begin() as tx:
        area = _area(tx.connection, profile, values)
        require(actor, "keep_rooms", area_codes=[area], connection=tx.connection)
        try:
            number = store.add(tx.connection, {**values, "code": code, "area_code": area})
        except sa.exc.IntegrityError as error:
            raise Conflict("There is a room with the code %(code)s.", code=code) from error
        said = {name: [None, value] for name, value in values.items() if value is not None}
        store.enter(tx.connection, actor, number, "enter", changes=said)
        record(tx, actor, "room_entered", f"room/{code}", area=area)
        return store.rooms(tx.connection, [code])[0]


def step(
    database: Database,
    actor: Actor,
    profile: Profile,
    code: str,
    wanted: Step,
    *,
    revision: int | None = None,
) -> Row:
    """Take a room through a step; gives it as it stands.

    Raises:
        NotAllowed: The role keeps no rooms, or the room lies outside the areas of duty.
        NotFound: There is no such room.
        InvalidInput: A step that does not fit.
        Conflict: Somebody else changed the room since ``revision``.
    """
    require(actor, "keep_rooms")
    check_values({**wanted.values, "note": wanted.note}, profile, today=_today(profile))
    with database.begin() as tx:
        room = _mine(tx, actor, code, "keep_rooms", revision)
        check_step(wanted, room)
        values = values_of(wanted)
        if wanted.name == "check":
            changes: Row = values
            stored: Row = {}
        else:
            changes = {
                name: [room[name], value] for name, value in values.items() if room[name] != value
            }
            stored = {name: values[name] for name in changes}
            if "lon" in stored or "lat" in stored:
                stored |= {"lon": values.get("lon"), "lat": values.get("lat")}
            if {"lon", "compound_code"} & set(stored):
                stored["area_code"] = _area(tx.connection, profile, {**room, **values})
                require(
                    actor,
                    "keep_rooms",
                    area_codes=[stored["area_code"]],
                    connection=tx.connection,
                )
        store.change(tx.connection, room["id"], stored)
        store.enter(
            tx.connection, actor, room["id"], wanted.name, changes=changes, note=wanted.note
        )
        record(tx, actor, "room_changed", f"room/{code}", step=wanted.name)
        return store.rooms(tx.connection, [code])[0]


def find(database: Database, actor: Actor, profile: Profile, code: str, fault: Fault) -> int:
    """Something is wrong with a room; gives the number of the finding.

    Raises:
        NotAllowed: The role reports nothing, or the room lies outside the areas of duty.
        NotFound: There is no such room.
        InvalidInput: A finding that cannot be.
    """
    require(actor, "report_rooms")
    today = _today(profile)
    found_on = fault.found_on or today
    check_values({"m2": fault.m2, "found_on": found_on, "note": fault.note}, profile, today=today)
    with database.begin() as tx:
        room = _mine(tx, actor, code, "report_rooms", None)
        owners = frozenset(one.key for one in profile.departments)
        check_fault(Fault(**{**asdict(fault), "found_on": found_on}), room, owners)
        values = {
            "room_id": room["id"],
            "kind": fault.kind,
            "m2": largest(room) if fault.m2 is None else fault.m2,
            "found_on": found_on,
            "owner": fault.owner,
            "due_on": fault.due_on,
        }
        number = store.add_finding(tx.connection, values)
        store.change(tx.connection, room["id"], {})
        said = {name: value for name, value in values.items() if name != "room_id"}
        store.enter(
            tx.connection, actor, room["id"], "find", changes=said, note=fault.note, finding=number
        )
        record(tx, actor, "room_found_wrong", f"room/{code}", finding=number, kind=fault.kind)
    return number


def follow(
    database: Database,
    actor: Actor,
    profile: Profile,
    number: int,
    what: str,
    values: Mapping[str, Any],
    *,
    note: str = "",
) -> Row:
    """Order a room back, tell that it is recovered, or that a finding was none.

    Args:
        database: Where it is kept.
        actor: Who does it.
        profile: Of the city.
        number: Of the finding.
        what: ``order`` (``owner``, ``due_on``), ``recover`` (``recovered_m2``) or ``withdraw``.
        values: What it says.
        note: Why; needed to withdraw.

    Raises:
        NotAllowed: The role keeps no rooms, or the room lies outside the areas of duty.
        NotFound: There is no such finding.
        InvalidInput: Values that do not fit.
        Conflict: The finding is ended.
    """
    require(actor, "keep_rooms")
    today = _today(profile)
    check_values({**values, "note": note}, profile, today=today)
    with database.begin() as tx:
        finding = _finding(tx.connection, number)
        room = _by_number(tx.connection, finding["room_id"])
        room = _mine(tx, actor, room["code"], "keep_rooms", None)
        finding = _finding(tx.connection, number)
        if finding["ended_on"] is not None:
            raise Conflict("That finding is ended already.")
        said = _followed(finding, what, values, note, today, profile)
        store.change_finding(tx.connection, number, said)
        store.change(tx.connection, room["id"], {})
        store.enter(tx.connection, actor, room["id"], what, changes=said, note=note, finding=number)
        record(tx, actor, "room_followed", f"room/{room['code']}", finding=number, what=what)
        return _finding(tx.connection, number)


def _followed(
    finding: Row,
    what: str,
    values: Mapping[str, Any],
    note: str,
    today: date,
    profile: Profile,
) -> Row:
    """What a finding becomes."""
    taken = {"order": {"owner", "due_on"}, "recover": {"recovered_m2"}, "withdraw": set()}
    if what not in taken:
        raise InvalidInput(
            "There is no step %(step)s; there are %(known)s.", step=what, known=", ".join(taken)
        )
    for name in set(values) - taken[what]:
        raise InvalidInput("The step %(step)s takes no %(field)s.", step=what, field=name)
    if what == "order":
        return {**_ordered(finding, values, profile), "ordered_on": today}
    if what == "recover":
        return {"ended_on": today, "outcome": "recovered", **_recovered(finding, values)}
    if not note.strip():
        raise InvalidInput("Say why the finding was none.")
    return {"ended_on": today, "outcome": "withdrawn"}


def _ordered(finding: Row, values: Mapping[str, Any], profile: Profile) -> Row:
    """Who is to see to it, and until when."""
    owner, due = values.get("owner") or finding["owner"], values.get("due_on")
    if owner is None or due is None:
        raise InvalidInput("Who sees to it, and until when?")
    known = {one.key for one in profile.departments}
    if known and owner not in known:
        raise InvalidInput("There is no department %(name)s.", name=owner)
    if due < finding["found_on"]:
        raise InvalidInput("A finding is due after it was found.")
    return {"owner": owner, "due_on": due}


def _recovered(finding: Row, values: Mapping[str, Any]) -> Row:
    """How much of what was wrong came back."""
    metres = values.get("recovered_m2")
    metres = finding["m2"] if metres is None else metres
    if metres is None:
        raise InvalidInput("How many square metres were recovered?")
    if finding["m2"] is not None and metres > finding["m2"]:
        raise InvalidInput(
            "%(found)s m² were wrong; %(m2)s m² cannot be recovered.",
            found=finding["m2"],
            m2=metres,
        )
    return {"recovered_m2": metres}


def _mine(tx: Transaction, actor: Actor, code: str, permission: str, revision: int | None) -> Row:
    """The room, locked, if the actor may and it is as he saw it."""
    room = store.locked(tx.connection, code)
    if room is None:
        raise NotFound("There is no room %(code)s.", code=code[:LONGEST_CODE])
    require(actor, permission, area_codes=[room["area_code"]], connection=tx.connection)
    if revision is not None and revision != room["revision"]:
        error = Conflict("Somebody else changed the room meanwhile; look at it as it is now.")
        error.members["room"] = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in room.items()
        }
        raise error
    return room


def _finding(connection: sa.Connection, number: int) -> Row:
    for row in store.findings(connection) if number < 2**63 else []:
        if row["id"] == number:
            return row
    raise NotFound("There is no finding %(number)s.", number=str(number))


def _by_number(connection: sa.Connection, number: int) -> Row:
    return next(row for row in store.rooms(connection) if row["id"] == number)


def _area(connection: sa.Connection, profile: Profile, values: Mapping[str, Any]) -> str | None:
    compound, lon, lat = (values.get(name) for name in ("compound_code", "lon", "lat"))
    if compound is not None and not store.is_compound(connection, compound):
        raise InvalidInput("There is no compound %(code)s.", code=compound)
    spot = None if lon is None or lat is None else (lon, lat)
    return store.area_of(connection, compound, spot, profile.smallest_level.key)


def _today(profile: Profile) -> date:
    return datetime.now(profile.zone).date()
