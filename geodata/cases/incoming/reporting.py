"""Cases coming in, one by one: checked, placed, and entered with their first step."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.cases.clocks import reckoning
from geodata.cases.duty import dispatching
from geodata.cases.steps import stepping
from geodata.cases.steps import store as steps
from geodata.cases.whereabouts import addresses
from geodata.crs import convert_points
from geodata.errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geodata.accounts import Actor
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

LONGEST: Final = {"title": 200, "description": 4_000, "address": 300, "external_id": 100}
"""Characters of each text."""
TRIES: Final = 3
"""So often a report is taken whose number came a moment earlier: the second time it is news."""
EARLY: Final = timedelta(minutes=10)
"""By so much a reporter's clock may be ahead."""


@dataclass(frozen=True)
class Report:
    """What somebody tells of a problem.

    Attributes:
        category: A category key of the profile.
        source: A source key of the profile.
        title: A few words.
        description: The story.
        lon: Longitude in ``crs``; None: not known.
        lat: Latitude in ``crs``.
        crs: ``wgs84``, ``gcj02`` or ``bd09``.
        address: Where, in words.
        external_id: The number that its source gave it: the same one again is the same case.
        reported_at: With its zone; None: now.
        reporter_name: Personal.
        reporter_telephone: Personal.
        urgent: Sudden (突发), whatever its category: told of at once.
    """

    category: str
    source: str
    title: str = ""
    description: str = ""
    lon: float | None = None
    lat: float | None = None
    crs: str = "wgs84"
    address: str = ""
    external_id: str | None = None
    reported_at: datetime | None = None
    reporter_name: str | None = None
    reporter_telephone: str | None = None
    urgent: bool = False


@dataclass(frozen=True)
class Taken:
    """What became of a report: its case, whether that is new, and the code to follow it by."""

    case: dict[str, Any]
    is_new: bool
    follow_code: str


class Along(Protocol):
    """What goes into the transaction of a report beside the case itself."""

    def earlier(self, tx: Transaction) -> Taken | None:
        """What became of this very report when it was sent before; None: it is the first time."""

    def then(self, tx: Transaction, taken: Taken) -> None:
        """Add to the case that was just taken."""


def report(
    database: Database,
    actor: Actor,
    profile: Profile,
    told: Report,
    *,
    along: Along | None = None,
    on_spot: str | None = None,
) -> Taken:
    """Take a report as a case, or as news of the case that its source numbered so.

    ``on_spot`` tells what was done about it already: a minor case is reported and closed in one
    (现场办结), or neither.

    Raises:
        NotAllowed: the role may not report.
        InvalidInput: no place and no address, a kind that the city does not have, a time in the
            future, too long a text; a sudden case that should be closed on the spot.
    """
    require(actor, "report_case")
    if on_spot is not None:
        require(actor, "handle_case")
    values = _checked(profile, told)
    found = None
    if values["place"] is None:
        found = addresses.find(database, profile, [values["address"]])[0]

    def take() -> Taken:
        with database.begin() as tx:
            earlier = None if along is None else along.earlier(tx)
            if earlier is not None:
                return earlier
            taken = _taken(tx, actor, profile, told, dict(values), found)
            if along is not None:
                along.then(tx, taken)
            return taken if on_spot is None else _closed(tx, actor, profile, taken, on_spot)

    for _once in range(TRIES - 1):
        try:
            return take()
        except sa.exc.IntegrityError as error:
            if not _came_meanwhile(error):
                raise
    return take()


def _came_meanwhile(error: sa.exc.IntegrityError) -> bool:
    """Whether somebody else sent the same number of the same source a moment earlier."""
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None) == "uq_cases_source_external_id"


def _closed(tx: Transaction, actor: Actor, profile: Profile, taken: Taken, why: str) -> Taken:
    """The case that was just taken, closed by who reported it."""
    case = taken.case
    if case["urgent"]:
        raise InvalidInput("A sudden case is not closed with its report: it is told of first.")
    fitting = (one for one in profile.steps if one.on_spot and case["state"] in one.from_states)
    step = next(fitting, None)
    if step is None:
        raise InvalidInput("Cases are not closed on the spot here, or this one is under way.")
    wanted = stepping.Wanted(step.key, case["revision"], why)
    done = stepping.step_within(tx, actor, profile, case["id"], wanted)
    return Taken(done.case, taken.is_new, taken.follow_code)


def _taken(
    tx: Transaction,
    actor: Actor,
    profile: Profile,
    told: Report,
    values: dict[str, Any],
    found: addresses.Found | None,
) -> Taken:
    connection = tx.connection
    place = values.pop("place")
    number = None
    if told.external_id:
        number = steps.known(connection, told.source, told.external_id)
    if found is not None and number is not None and not steps.looks_for(connection, number, values):
        found = None
    if place is not None:
        values["place_state"] = "given"
    elif found is not None:
        values |= {"place_state": found.state, "place_score": found.score}
        values |= {"area_code": found.area} if found.area else {}
        place = None if found.lon is None or found.lat is None else (found.lon, found.lat)
    if place is not None:
        lon, lat = place
        values |= steps.places_of(
            connection, lon, lat, values["reported_at"], level=profile.smallest_level.key
        )
        values["geom"] = f"SRID=4326;POINT({lon} {lat})"
    code = secrets.token_urlsafe(9)
    is_new = number is None
    if number is None:
        case = _added(connection, actor, profile, told, values)
    else:
        elsewhere = found is not None and place is None
        case = _news(connection, actor, profile, number, values, elsewhere=elsewhere)
    number = case["id"]
    if found is not None and found.state == "sure":
        why = {**found.why, "how": "address"}
        steps.enter(connection, case_id=number, actor=actor.name, kind="place", details=why)
    steps.add_reporter(
        connection,
        case_id=number,
        source=told.source,
        name=told.reporter_name,
        telephone=told.reporter_telephone,
        follow_code=code,
        forget_at=datetime.now(UTC) + timedelta(days=profile.cases.keep_reporters_days),
    )
    _tell(tx, case, "added" if is_new else "changed")
    record(tx, actor, "reported_case", f"cases/{number}", source=told.source)
    if is_new:
        case = dispatching.at_once(tx, profile, case)
    return Taken(case, is_new, code)


def _added(
    connection: Connection, actor: Actor, profile: Profile, told: Report, values: dict[str, Any]
) -> dict[str, Any]:
    """A new case with the entries that it begins with."""
    values["urgent"] = told.urgent or profile.category(told.category).urgent
    values |= {"state": profile.first_state, "stage_since": datetime.now(UTC)}
    first = reckoning.first_entries(values, profile)
    number = steps.add(connection, reckoning.begun(connection, profile, values, first))
    for entry in first:
        steps.enter(connection, case_id=number, user_id=actor.user_id, actor=actor.name, **entry)
    return steps.locked(connection, number) or {}


def _news(
    connection: Connection,
    actor: Actor,
    profile: Profile,
    number: int,
    values: dict[str, Any],
    *,
    elsewhere: bool,
) -> dict[str, Any]:
    """What a known case is told anew; ``elsewhere``: nobody knows where it is now."""
    steps.locked(connection, number)
    news = {
        name: value
        for name, value in values.items()
        if name not in {"source", "external_id", "reported_at"} and value not in {None, ""}
    }
    if elsewhere:
        news |= {"geom": None, "area_code": values.get("area_code")}
        news |= dict.fromkeys(("grid_code", "compound_code"))
    steps.enter(
        connection,
        case_id=number,
        user_id=actor.user_id,
        actor=actor.name,
        kind="reported_again",
        details={"fields": sorted(news)},
    )
    return reckoning.keep(connection, profile, number, news)


def _tell(tx: Transaction, case: dict[str, Any], action: str) -> None:
    """Enter it in the feed: no text, nothing personal."""
    told = {name: case.get(name) for name in ("state", "category", "source", "revision")}
    tx.changed("cases", str(case["id"]), action, **told)


def _checked(profile: Profile, told: Report) -> dict[str, Any]:
    profile.category(told.category)
    profile.source(told.source)
    for name, most in LONGEST.items():
        if len(getattr(told, name) or "") > most:
            raise InvalidInput(
                "The %(field)s has more than %(most)s characters.", field=name, most=most
            )
    now = datetime.now(UTC)
    at = told.reported_at or now
    if at.tzinfo is None:
        raise InvalidInput("Write the time with its zone, such as 2026-06-01T08:30:00+08:00.")
    if at > now + EARLY:
        raise InvalidInput("A case cannot be reported in the future: check the clock.")
    return {
        "source": told.source,
        "category": told.category,
        "external_id": told.external_id or None,
        "title": told.title.strip(),
        "description": told.description.strip(),
        "address": told.address.strip(),
        "reported_at": at,
        "place": _place(told),
    }


def _place(told: Report) -> tuple[float, float] | None:
    """The place in WGS 84; None where only an address is known."""
    if told.lon is None and told.lat is None:
        if not told.address.strip():
            raise InvalidInput("Say where it is: a place on the map, or an address.")
        return None
    if told.lon is None or told.lat is None:
        raise InvalidInput("A place has a longitude and a latitude.")
    if not (math.isfinite(told.lon) and math.isfinite(told.lat)) or not (
        -180 <= told.lon <= 180 and -90 <= told.lat <= 90
    ):
        raise InvalidInput("The place lies outside the world: give degrees.")
    lon, lat = convert_points([told.lon], [told.lat], from_=told.crs, to="wgs84")
    return float(lon[0]), float(lat[0])
