"""What anybody may see of cases: of what kind, where, since when, how far it has come.

The profile's ``[open311]`` says what is public: texts only of the sources that it names, reasons
only of the steps that it names, places not of the categories that it names. Nothing of a reporter
is ever given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from geodata.accounts import require
from geodata.cases.public import store as public_store
from geodata.errors import InvalidInput, NotFound, SignInNeeded

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from geodata.accounts import Actor
    from geodata.cases.filters import Box
    from geodata.database import Database
    from geodata.profiles import Profile

MOST_ROWS: Final = 1_000
"""Of one answer."""
LONGEST: Final = timedelta(days=90)
"""The longest period of one answer, and the one that is meant where none is said."""
DEEPEST: Final = 1_000_000
"""Rows that may be passed over to get to a page."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which cases; what is None is not asked for.

    Attributes:
        numbers: Of these numbers; overrides all else.
        categories: Category keys.
        is_open: Only open ones, or only closed ones.
        since: Reported at this moment or after.
        until: Reported at this moment or before.
        changed_since: Changed at this moment or after; without ``since`` and ``until``, whenever
            it was reported.
        changed_until: Changed at this moment or before.
        box: West, south, east, north in WGS 84 degrees.
        page: From 1.
        size: Rows of a page.
    """

    numbers: tuple[int, ...] | None = None
    categories: tuple[str, ...] = ()
    is_open: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    changed_since: datetime | None = None
    changed_until: datetime | None = None
    box: Box | None = None
    page: int = 1
    size: int = MOST_ROWS


@dataclass(frozen=True)
class Told:
    """An entry in the public course of a case: when it came into which state, and why."""

    id: int
    case_id: int
    at: datetime
    kind: str
    state: str
    is_open: bool
    reason: str


@dataclass(frozen=True)
class PublicCase:
    """A case as anybody may see it; what is not public or not known is None."""

    id: int
    category: str
    state: str
    is_open: bool
    reason: str | None
    reported_at: datetime
    updated_at: datetime
    due_at: datetime | None
    department: str | None
    area: str | None
    lon: float | None
    lat: float | None
    title: str | None
    description: str | None
    address: str | None
    course: tuple[Told, ...] = ()


def list_public(
    database: Database,
    actor: Actor | None,
    profile: Profile,
    wanted: Wanted,
    *,
    courses: bool = False,
) -> list[PublicCase]:
    """A page of cases, newest first; with ``courses`` each has its own.

    Raises:
        SignInNeeded: the city lets nobody read without a key.
        NotAllowed: the role sees no map.
        InvalidInput: a category that the city lacks, a period that is too long or ends before it
            begins, a page that is none.
    """
    _require_reading(actor, profile)
    conditions = None if wanted.numbers is not None else _conditions(profile, wanted)
    reasons = profile.open311.public_reasons
    with database.read() as connection:
        rows: Sequence[RowMapping]
        if conditions is None:
            numbers = [number for number in wanted.numbers or () if 0 < number < 1 << 63]
            rows = public_store.numbered(connection, numbers[:MOST_ROWS], reasons)
        else:
            rows = public_store.listed(
                connection,
                conditions,
                reasons=reasons,
                limit=wanted.size,
                offset=(wanted.page - 1) * wanted.size,
            )
        told: dict[int, list[Told]] = {}
        if courses and rows:
            found = public_store.courses(connection, [row["id"] for row in rows], reasons)
            for one in _told(found, profile):
                told.setdefault(one.case_id, []).append(one)
    return [_public(row, profile, tuple(told.get(row["id"], ()))) for row in rows]


def get_public(
    database: Database, actor: Actor | None, profile: Profile, number: int, *, course: bool = False
) -> PublicCase:
    """One case; raises NotFound, SignInNeeded."""
    found = list_public(database, actor, profile, Wanted(numbers=(number,)), courses=course)
    if not found:
        raise NotFound("There is no case %(number)s.", number=str(number))
    return found[0]


def list_updates(
    database: Database,
    actor: Actor | None,
    profile: Profile,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    page: int = 1,
    size: int = MOST_ROWS,
) -> list[Told]:
    """What became of cases in a period of at most 90 days, the oldest first.

    Raises:
        SignInNeeded: the city lets nobody read without a key.
        InvalidInput: the period is too long or ends before it begins.
    """
    _require_reading(actor, profile)
    since, until = _period(since, until)
    _check_page(page, size)
    with database.read() as connection:
        rows = public_store.updates(
            connection,
            since=since,
            until=until,
            reasons=profile.open311.public_reasons,
            limit=size,
            offset=(page - 1) * size,
        )
    return list(_told(rows, profile))


def case_of_code(database: Database, actor: Actor | None, profile: Profile, code: str) -> int:
    """The case that a reporter follows by this code; raises NotFound, SignInNeeded."""
    _require_reading(actor, profile)
    with database.read() as connection:
        number = public_store.case_of_code(connection, code) if len(code) <= 100 else None
    if number is None:
        raise NotFound("There is no token %(token)s.", token=code)
    return number


def _require_reading(actor: Actor | None, profile: Profile) -> None:
    if actor is not None:
        require(actor, "see_map")
    elif not profile.open311.reading:
        raise SignInNeeded("Cases are read with a key here; send it as api_key.")


def _conditions(profile: Profile, wanted: Wanted) -> Mapping[str, Any]:
    known = profile.keys("categories")
    for unknown in (category for category in wanted.categories if category not in known):
        raise InvalidInput(
            "There is no service %(code)s; the services are %(known)s.",
            code=unknown,
            known=", ".join(known),
        )
    _check_page(wanted.page, wanted.size)
    since, until = wanted.since, wanted.until
    changes = wanted.changed_since is not None or wanted.changed_until is not None
    if not changes or since is not None or until is not None:
        since, until = _period(since, until)
    states = None
    if wanted.is_open is not None:
        states = [state.key for state in profile.states if state.open is wanted.is_open]
    return {
        "categories": wanted.categories or None,
        "states": states,
        "since": since,
        "until": until,
        "changed_since": wanted.changed_since,
        "changed_until": wanted.changed_until,
        "box": wanted.box,
        "hidden": profile.open311.without_place,
    }


def _check_page(page: int, size: int) -> None:
    if page < 1 or not 1 <= size <= MOST_ROWS or page * size > DEEPEST:
        raise InvalidInput(
            "Pages are counted from 1 and have from 1 to %(most)s rows.", most=MOST_ROWS
        )


def _period(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """The period meant: 90 days at most, up to now where no end is said."""
    now = datetime.now(UTC)
    try:
        if until is None:
            until = now if since is None else max(min(now, since + LONGEST), since)
        if since is None:
            since = until - LONGEST
    except OverflowError as error:
        raise InvalidInput("The period lies outside the calendar.") from error
    if until < since:
        raise InvalidInput("The period ends before it begins. Exchange start_date and end_date.")
    if until - since > LONGEST:
        raise InvalidInput(
            "The period has more than %(days)s days; ask for it in parts.", days=LONGEST.days
        )
    return since, until


def _told(rows: Iterable[RowMapping], profile: Profile) -> Iterable[Told]:
    open_states = profile.open_states
    for row in rows:
        state = row["to_state"]
        yield Told(
            row["id"],
            row["case_id"],
            row["at"],
            row["kind"],
            state,
            state in open_states,
            row["reason"],
        )


def _public(row: RowMapping, profile: Profile, course: tuple[Told, ...]) -> PublicCase:
    said = profile.open311
    texts = row["source"] in said.public_texts
    placed = row["category"] not in said.without_place
    return PublicCase(
        id=row["id"],
        category=row["category"],
        state=row["state"],
        is_open=row["state"] in profile.open_states,
        reason=row["reason"] or None,
        reported_at=row["reported_at"],
        updated_at=row["updated_at"],
        due_at=row["due_at"],
        department=row["department"],
        area=row["area"],
        lon=row["lon"] if placed else None,
        lat=row["lat"] if placed else None,
        title=(row["title"] or None) if texts else None,
        description=(row["description"] or None) if texts else None,
        address=(row["address"] or None) if texts and placed else None,
        course=course,
    )
