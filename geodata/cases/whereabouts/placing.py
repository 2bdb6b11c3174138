"""Giving a case its place by hand, and teaching the word that led there.

A wrong place is put right by placing again: nothing else undoes it, and every placing is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.cases import store
from geodata.cases.steps import store as steps
from geodata.cases.tables import cases
from geodata.cases.twins.joined import refuse_joined
from geodata.cases.whereabouts import addresses
from geodata.crs import convert_points
from geodata.errors import Conflict, InvalidInput, NotFound
from geodata.places.aliases import reading_of, teach
from geodata.places.spots import KINDS, Spot, spot

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

LARGEST: Final = 2**63 - 1
MOST_SAME: Final = 5_000
"""So many waiting cases are looked through for the words that were just taught."""


@dataclass(frozen=True)
class Choice:
    """The place that somebody chose for a case.

    Attributes:
        revision: The one of the case that was looked at.
        kind: Of a place that stands (``geodata.places.spots.KINDS``); None for a tap on the map.
        code: Of that place.
        lon: Of a tap on the map, in ``crs``.
        lat: Of a tap on the map, in ``crs``.
        crs: ``wgs84``, ``gcj02`` or ``bd09``.
        word: What people call the place; given, it is taught.
    """

    revision: int
    kind: str | None = None
    code: str | None = None
    lon: float | None = None
    lat: float | None = None
    crs: str = "wgs84"
    word: str = ""


@dataclass(frozen=True)
class Placed:
    """The case as it is now, the word that was taught, and what that settles.

    ``same`` are the numbers of waiting cases that the word places; ``others`` names other places
    that the word can mean, so that an address with it stays doubtful.
    """

    case: dict[str, Any]
    alias: int | None = None
    same: tuple[int, ...] = field(default=())
    others: tuple[str, ...] = field(default=())


def place(
    database: Database, actor: Actor, profile: Profile, number: int, choice: Choice
) -> Placed:
    """Put a case where somebody says it is, whether it had a place or not.

    Raises:
        NotFound: no such case, or no such place any more.
        NotAllowed: the role, or an area of duty that does not hold the case and the place.
        Conflict: somebody else was faster, or the case is joined to another.
        InvalidInput: neither a place nor a point, a point outside the world, a word that will not
            do.
    """
    require(actor, "handle_case")
    tapped = _tapped(choice)
    if choice.word:
        reading_of(choice.word)
    alias = None
    with database.begin() as tx:
        case = steps.locked(tx.connection, number) if 0 < number <= LARGEST else None
        if case is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        chosen = tapped or spot(tx.connection, choice.kind or "", choice.code or "")
        if chosen is None:
            raise NotFound("This place does not exist any more; choose another.")
        refuse_joined(case)
        if case["revision"] != choice.revision:
            problem = Conflict("Somebody else has just taken a step with this case; look again.")
            problem.members["case"] = case
            raise problem
        level = profile.smallest_level.key
        held = steps.places_of(
            tx.connection, chosen.lon, chosen.lat, case["reported_at"], level=level
        )
        concerned = [case["area_code"] or held["area_code"], held["area_code"]]
        require(actor, "handle_case", area_codes=concerned, connection=tx.connection)
        if choice.word:
            alias, _reading = teach(tx, actor, choice.word, chosen, case=number)
        why = {"how": "map" if tapped else "place", "kind": chosen.kind, "code": chosen.code}
        changed = _put(tx, actor, case, chosen, held, why | {"alias": alias})
        record(tx, actor, "placed_case", f"cases/{number}", how=why["how"], alias=alias)
    if alias is None:
        return Placed(changed)
    return Placed(changed, alias, *_settled_by(database, actor, profile, choice.word, chosen))


def settle(database: Database, actor: Actor, profile: Profile, alias: int) -> list[int]:
    """Place the waiting cases whose addresses are sure now that a word is taught.

    Returns:
        The numbers of the cases that were placed, each with an entry of its own.

    Raises:
        NotAllowed: the role handles no cases; cases outside the areas of duty are left.
        NotFound: no such word.
    """
    require(actor, "handle_case")
    with database.read() as connection:
        query = sa.text("select word from place_aliases where id = :id and ended_at is null")
        known = connection.execute(query, {"id": min(alias, LARGEST)}).scalar_one_or_none()
    if known is None:
        raise NotFound("There is no taught word %(number)s.", number=str(alias))
    sure = _sure_with(database, actor, profile, known)
    done = []
    with database.begin() as tx:
        for number in sorted(sure):
            case = steps.locked(tx.connection, number)
            if case is None or case["joined_to"] is not None or _has_place(tx, number):
                continue
            found = sure[number]
            held = steps.places_of(
                tx.connection, found.lon or 0.0, found.lat or 0.0, case["reported_at"],
                level=profile.smallest_level.key,
            )  # fmt: skip
            kind, code = str(found.why["kind"]), str(found.why["code"])
            at = Spot(kind, code, "", None, None, found.lon or 0.0, found.lat or 0.0)
            why = {**found.why, "how": "word", "alias": alias}
            _put(tx, actor, case, at, held, why, state="sure", score=found.score)
            done.append(number)
        record(tx, actor, "placed_cases", f"aliases/{alias}", cases=len(done))
    return done


def _put(
    tx: Transaction,
    actor: Actor,
    case: dict[str, Any],
    chosen: Spot,
    held: dict[str, str | None],
    why: dict[str, Any],
    *,
    state: str = "chosen",
    score: float | None = None,
) -> dict[str, Any]:
    """Change the case, which is locked, enter it and tell it."""
    changed = steps.change(
        tx.connection,
        case["id"],
        {
            **held,
            "geom": f"SRID=4326;POINT({chosen.lon} {chosen.lat})",
            "place_state": state,
            "place_score": score,
            "revision": case["revision"] + 1,
        },
    )
    steps.enter(
        tx.connection,
        case_id=case["id"],
        user_id=actor.user_id,
        actor=actor.name,
        kind="place",
        from_state=case["state"],
        to_state=case["state"],
        details={name: value for name, value in why.items() if value is not None},
    )
    told = {name: changed[name] for name in ("state", "category", "source", "revision")}
    tx.changed("cases", str(case["id"]), "changed", **told)
    return changed


def _tapped(choice: Choice) -> Spot | None:
    """The point that was tapped on the map, in WGS 84; None where a place was chosen."""
    if choice.lon is None and choice.lat is None:
        if choice.kind not in KINDS or not choice.code:
            raise InvalidInput("Choose one of the places, or tap the map.")
        return None
    lon, lat = choice.lon, choice.lat
    if lon is None or lat is None or choice.kind is not None:
        raise InvalidInput("A place has a longitude and a latitude.")
    if not (math.isfinite(lon) and math.isfinite(lat)) or not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InvalidInput("The place lies outside the world: give degrees.")
    x, y = convert_points([lon], [lat], from_=choice.crs, to="wgs84")
    return Spot("point", "", "", None, None, float(x[0]), float(y[0]))


def _has_place(tx: Transaction, number: int) -> bool:
    query = sa.select(cases.c.geom.is_not(None)).where(cases.c.id == number)
    return bool(tx.connection.execute(query).scalar_one())


def _settled_by(
    database: Database, actor: Actor, profile: Profile, word: str, chosen: Spot
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Waiting cases that the word places now, and other places that it can mean."""
    same = tuple(sorted(_sure_with(database, actor, profile, word)))
    exact = [
        candidate
        for candidate in addresses.matched(database, profile, word).candidates
        if candidate.like == 1.0 and candidate.kind != "building"
    ]
    mine = {chosen.code, chosen.compound}
    others = [
        candidate.name
        for candidate in exact
        if addresses.kind_and_code(candidate)[1] not in mine
        and math.hypot(candidate.lon - chosen.lon, candidate.lat - chosen.lat) > 1e-6
        and (candidate.kind, candidate.name) != ("street", chosen.name)
    ]
    return same, tuple(dict.fromkeys(others))


def _sure_with(
    database: Database, actor: Actor, profile: Profile, word: str
) -> dict[int, addresses.Found]:
    """Open cases without a place whose address holds the word and is sure now."""
    from geodata.places.addressing.reading import clean  # noqa: PLC0415 - heavy

    reading = reading_of(word)
    waiting = (
        sa.select(cases.c.id, cases.c.address, cases.c.area_code)
        .where(cases.c.geom.is_(None), cases.c.joined_to.is_(None), cases.c.address != "")
        .where(cases.c.state.in_(profile.open_states))
        .order_by(cases.c.reported_at.desc())
        .limit(MOST_SAME)
    )
    with database.read() as connection:
        rows = connection.execute(waiting).all()
        duty = store.areas_below(connection, sorted(actor.areas)) if actor.areas else None
    rows = [
        row
        for row in rows
        if reading in clean(row.address) and (duty is None or row.area_code in duty)
    ]
    found = addresses.find(database, profile, [row.address for row in rows])
    return {
        row.id: one for row, one in zip(rows, found, strict=True)
        if one.state == "sure" and (duty is None or one.area in duty)
    }  # fmt: skip
