"""Photos added to a case: with its report, or by who works on it, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from geodata.accounts import record, require
from geodata.cases.photos import keeping
from geodata.cases.photos.keeping import Album
from geodata.cases.steps import store as steps
from geodata.cases.tables import case_photos
from geodata.cases.twins.joined import refuse_joined
from geodata.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database, Transaction

Phase = Literal["before", "after"]
MOST_AT_ONCE: Final = 6
MOST_OF_A_CASE: Final = 60
KIND: Final = "photos_added"
"""Of the entry among the steps of a case."""


@dataclass(frozen=True)
class Added:
    """The case as it is now, and the numbers of its new photos."""

    case: dict[str, Any]
    photos: tuple[int, ...]


def check_number(photos: Sequence[Any]) -> None:
    """Refuse more photos than may come at once; raises InvalidInput."""
    if len(photos) > MOST_AT_ONCE:
        raise InvalidInput("Send at most %(most)s photos at once.", most=MOST_AT_ONCE)


def enter(
    tx: Transaction,
    album: Album,
    *,
    case_id: int,
    step_id: int,
    phase: Phase,
    user_id: int | None,
) -> tuple[int, ...]:
    """Keep the files and name them in rows; gives the numbers of those that are new.

    The case's row must be locked, so that none gets more than it may have.
    """
    check_number(album.photos)
    connection = tx.connection
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(keeping.LOCK)))
    here = sa.select(sa.func.count()).where(case_photos.c.case_id == case_id)
    if int(connection.execute(here).scalar_one()) + len(album.photos) > MOST_OF_A_CASE:
        raise InvalidInput("A case has at most %(most)s photos.", most=MOST_OF_A_CASE)
    made = []
    for photo in album.photos:
        keeping.keep(album.data_dir, photo)
        place = photo.place
        row = {
            "case_id": case_id,
            "step_id": step_id,
            "phase": phase,
            "digest": photo.digest,
            "width": photo.width,
            "height": photo.height,
            "bytes": len(photo.picture),
            "taken_at": photo.taken_at,
            "geom": None if place is None else f"SRID=4326;POINT({place[0]} {place[1]})",
            "added_by": user_id,
        }
        query = insert(case_photos).values(**row).on_conflict_do_nothing()
        number = connection.execute(query.returning(case_photos.c.id)).scalar_one_or_none()
        if number is not None:
            made.append(int(number))
    return tuple(made)


def add_photos(
    database: Database, actor: Actor, number: int, *, phase: Phase, album: Album
) -> Added:
    """Add photos to a case, with an entry that nobody can edit.

    Raises:
        NotFound: no such case.
        NotAllowed: the role, or the area of duty.
        Conflict: the case is joined to another, which gets the photos.
        InvalidInput: none, or more than are taken.
        Unavailable: the disk is full; nothing was entered.
    """
    require(actor, "handle_case")
    if not album.photos:
        raise InvalidInput("Choose a photo first.")
    check_number(album.photos)
    with database.begin() as tx:
        connection = tx.connection
        case = steps.locked(connection, number) if 0 < number < 2**63 else None
        if case is None:
            raise NotFound("There is no case %(number)s.", number=str(number))
        require(actor, "handle_case", area_codes=[case["area_code"]], connection=connection)
        refuse_joined(case)
        step = steps.enter(
            connection,
            case_id=number,
            user_id=actor.user_id,
            actor=actor.name,
            kind=KIND,
            from_state=case["state"],
            to_state=case["state"],
            details={"phase": phase, "count": len(album.photos)},
        )
        made = enter(tx, album, case_id=number, step_id=step, phase=phase, user_id=actor.user_id)
        case = steps.change(connection, number, {"revision": case["revision"] + 1})
        told = {name: case[name] for name in ("state", "category", "source", "revision")}
        tx.changed("cases", str(number), "changed", **told)
        record(tx, actor, "added_photos", f"cases/{number}", phase=phase, count=len(made))
    return Added(case, made)


def has(connection: sa.Connection, number: int, phase: Phase) -> bool:
    """Whether a case has a photo of that phase."""
    query = sa.select(case_photos.c.id).where(
        case_photos.c.case_id == number, case_photos.c.phase == phase
    )
    return connection.execute(query.limit(1)).first() is not None
