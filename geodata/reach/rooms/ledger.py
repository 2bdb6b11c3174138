"""A ledger of public rooms, brought line by line to where it has them.

A line says what a room is now. Where it says otherwise than is known, the room takes the steps
that a person would have taken it through, in their order and by the same rules; what a line leaves
blank stays as it is, and no room ends because a ledger does not name it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import require
from geodata.errors import InvalidInput, WanggeError
from geodata.reach.rooms import store
from geodata.reach.rooms.room import (
    ENTERED,
    NEEDED,
    STEPS,
    check_code,
    check_step,
    check_values,
    steps_of,
    values_of,
)

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Transaction
    from geodata.profiles import Profile

Row = dict[str, Any]
MOST_LINES: Final = 20_000
SAME_PLACE_DEG: Final = 1e-7
"""A centimetre: what files lose when they write coordinates as text."""
_NOTHING: Final = dict.fromkeys(name for fields in STEPS.values() for name in fields)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of a ledger says of a room.

    Attributes:
        row: Its number in the file.
        said: What it says: values of ``room.STEPS``, ``code``, and ``compound``, a name. Blank
            ones are not there; ``used_as`` None says that the room is not in use.
        aside: What else stands in it.
    """

    row: int
    said: Mapping[str, Any]
    aside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Taken:
    """What became of a ledger's lines; ``unplaced`` rooms lie in no community that is known."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    unplaced: int = 0
    refused: list[tuple[Line, WanggeError]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Change:
    """What is to be stored of a room; ``room`` is empty for a new one."""

    room: Row
    values: Row
    entries: list[tuple[str, Row]]


def take(tx: Transaction, actor: Actor, profile: Profile, lines: Sequence[Line]) -> Taken:
    """Bring rooms to where a ledger has them.

    Lines that say what no room can be are told in ``refused`` and change nothing; whether the
    others are to stay is for who asked to say.

    Raises:
        NotAllowed: The role keeps no rooms, or one of them lies outside the areas of duty.
        InvalidInput: More lines than a city has rooms.
    """
    require(actor, "keep_rooms")
    if len(lines) > MOST_LINES:
        raise InvalidInput(
            "The ledger has %(count)s lines; at most %(most)s can be taken at once.",
            count=len(lines),
            most=MOST_LINES,
        )
    store.alone(tx.connection)
    known = _Known(tx, profile, lines)
    taken = Taken()
    changes = []
    for place, line in enumerate(lines):
        try:
            change = known.change(place, line)
        except WanggeError as error:
            taken.refused.append((line, error))
            continue
        if change is None:
            taken.unchanged += 1
        else:
            changes.append(change)
    areas = {
        one["area_code"]
        for change in changes
        for one in (change.room, change.values)
        if "area_code" in one
    }
    require(actor, "keep_rooms", area_codes=areas, connection=tx.connection)
    _store(tx, actor, changes)
    new = [change for change in changes if not change.room]
    taken.added, taken.changed = len(new), len(changes) - len(new)
    taken.unplaced = sum(change.values["area_code"] is None for change in new)
    return taken


class _Known:
    """What stands already, and the lines that were read so far."""

    def __init__(self, tx: Transaction, profile: Profile, lines: Sequence[Line]) -> None:
        self._profile = profile
        self._today = datetime.now(profile.zone).date()
        self._rooms = {room["code"]: room for room in store.rooms(tx.connection)}
        self._asides = store.asides(tx.connection)
        self._called: dict[tuple[str | None, str], list[str]] = defaultdict(list)
        for code, room in self._rooms.items():
            self._called[room["compound_code"], room["name"]].append(code)
        self._compounds = store.compounds(tx.connection)
        self._compounds_called: dict[str, list[str]] = defaultdict(list)
        for code, compound in self._compounds.items():
            self._compounds_called[compound["name"]].append(code)
        spots = [
            (line.said["lon"], line.said["lat"]) if "lon" in line.said else None for line in lines
        ]
        self._areas = store.areas_at(tx.connection, spots, profile.smallest_level.key)
        self._read: set[str] = set()

    def change(self, place: int, line: Line) -> _Change | None:
        """What a line changes; None: all is so already.

        Raises:
            InvalidInput: No room can be like that.
        """
        said = {name: value for name, value in line.said.items() if name in _NOTHING}
        compound = self._compound(line.said)
        if compound is not None:
            said["compound_code"] = compound
        code = self._code(line.said.get("code"), said)
        room = self._rooms.get(code, {})
        if compound is not None and compound not in {*self._compounds, room.get("compound_code")}:
            raise InvalidInput("There is no compound %(code)s.", code=compound)
        if room and room["lon"] is not None and "lon" in said and _is_there(room, said):
            said |= {"lon": room["lon"], "lat": room["lat"]}
        check_values(said, self._profile, today=self._today)
        entries = _entries(room, said)
        values: Row = {name: now for _, changes in entries for name, (_, now) in changes.items()}
        if not room:
            values |= {"code": code, "extra": dict(line.aside)}
            return _Change({}, values | {"area_code": self._area(place, values, {})}, entries)
        before = self._asides.get(room["id"], {})
        if {**before, **line.aside} != before:
            values["extra"] = {**before, **line.aside}
        if {"lon", "compound_code"} & set(values):
            values["area_code"] = self._area(place, values, room)
        return _Change(room, values, entries) if values else None

    def _compound(self, values: Mapping[str, Any]) -> str | None:
        """The code of the compound that a line names."""
        if "compound_code" in values or "compound" not in values:
            return values.get("compound_code")
        codes = self._compounds_called.get(values["compound"], [])
        if len(codes) == 1:
            return codes[0]
        if codes:
            raise InvalidInput(
                "%(number)s compounds are called “%(compound)s”; give the code of the right one.",
                number=len(codes),
                compound=values["compound"],
            )
        raise InvalidInput(
            "No compound is called “%(compound)s”; give its code.", compound=values["compound"]
        )

    def _code(self, given: str | None, said: Row) -> str:
        """The code of the room that a line is about; a new one where nobody gave one."""
        compound, name = said.get("compound_code"), said.get("name")
        if given is not None:
            code = check_code(given)
        elif compound is None or name is None:
            raise InvalidInput("A line needs the room's code, or its name and its compound.")
        else:
            codes = self._called[compound, name]
            if len(codes) > 1:
                raise InvalidInput(
                    "%(number)s rooms of that compound are called “%(room)s”; give their codes.",
                    number=len(codes),
                    room=name,
                )
            if not codes:
                codes.append(self._new_code(compound))
            code = codes[0]
        if code in self._read:
            raise InvalidInput("The room %(code)s came in a row before.", code=code)
        self._read.add(code)
        return code

    def _new_code(self, compound: str) -> str:
        number = 1
        while (code := f"{compound}-G{number}") in self._rooms or code in self._read:
            number += 1
        return check_code(code)

    def _area(self, place: int, values: Row, room: Row) -> str | None:
        """The community of the compound, else that of the place, else that of before."""
        code = values.get("compound_code", room.get("compound_code"))
        of_compound = self._compounds.get(code or "", {}).get("area_code")
        if of_compound is not None:
            return str(of_compound)
        return self._areas[place] if "lon" in values else room.get("area_code")


def _is_there(room: Row, said: Row) -> bool:
    return all(abs(room[name] - said[name]) <= SAME_PLACE_DEG for name in ("lon", "lat"))


def _entries(room: Row, said: Row) -> list[tuple[str, Row]]:
    """The steps that a line means, each with what it changes, from what to what."""
    before = {**_NOTHING, **room}
    after = {**before, **said}
    entries: list[tuple[str, Row]] = []
    if not room:
        entered: Row = {name: [None, said[name]] for name in ENTERED if name in said}
        entries.append(("enter", entered))
        before |= {name: said[name] for name in entered}
    for step in steps_of(said, before):
        for name in NEEDED.get(step.name, ()):
            if name not in step.values:
                raise InvalidInput("The line does not say %(field)s.", field=name)
        check_step(step, {**after, "used_as": before["used_as"]})
        changes = {
            name: [before[name], value]
            for name, value in values_of(step).items()
            if before[name] != value
        }
        entries.append((step.name, changes))
    return entries


def _store(tx: Transaction, actor: Actor, changes: Sequence[_Change]) -> None:
    """Rooms and entries."""
    new = [change for change in changes if not change.room]
    numbers = store.add_all(tx.connection, [change.values for change in new])
    written = list(zip(numbers, new, strict=True))
    for change in changes:
        if change.room:
            store.change(tx.connection, change.room["id"], change.values)
            written.append((change.room["id"], change))
    store.enter_all(
        tx.connection,
        actor,
        [
            store.Entry(number, step, said)
            for number, change in written
            for step, said in change.entries
        ],
    )
