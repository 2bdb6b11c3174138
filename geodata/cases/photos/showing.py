"""Photos shown to those whose role and area of duty permit it; each sight of one is entered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.accounts import record, require
from geodata.cases import store
from geodata.cases.photos import keeping
from geodata.cases.photos.keeping import Size
from geodata.cases.steps import store as steps
from geodata.cases.tables import case_photos
from geodata.errors import NotAllowed, NotFound

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database


def list_photos(database: Database, actor: Actor, number: int) -> dict[str, Any]:
    """The photos of a case, the first first: ``personal`` says whether the actor may see them.

    Who may not is told how many there are of each phase, and nothing else.

    Raises:
        NotFound: no such case.
        NotAllowed: the role sees no map.
    """
    require(actor, "see_map")
    with database.read() as connection:
        personal = _permitted(connection, actor, number)
        lon, lat = sa.func.ST_X(case_photos.c.geom), sa.func.ST_Y(case_photos.c.geom)
        columns = [case_photos.c[name] for name in _SHOWN]
        query = sa.select(*columns, lon.label("lon"), lat.label("lat"))
        rows = connection.execute(
            query.where(case_photos.c.case_id == number).order_by(case_photos.c.id)
        ).mappings()
        photos = [dict(row) for row in rows]
    return {
        "personal": personal,
        "before": sum(one["phase"] == "before" for one in photos),
        "after": sum(one["phase"] == "after" for one in photos),
        "photos": photos if personal else [],
    }


_SHOWN = ("id", "step_id", "phase", "width", "height", "bytes", "taken_at", "added_at")


def show_photo(
    database: Database, actor: Actor, data_dir: Path, number: int, photo: int, *, size: Size
) -> tuple[bytes, str]:
    """The JPEG of a photo and its digest; that sight is entered in the audit trail.

    Raises:
        NotFound: no such case or photo, or its file is gone.
        NotAllowed: the role, or the area of duty.
    """
    require(actor, "see_personal")
    with database.read() as connection:
        if not _permitted(connection, actor, number):
            raise NotAllowed("Photos are seen by those on duty where the case lies.")
        query = sa.select(case_photos.c.digest).where(
            case_photos.c.case_id == number, case_photos.c.id == photo
        )
        digest = connection.execute(query).scalar_one_or_none() if 0 < photo < 2**63 else None
    if digest is None:
        raise NotFound("The case has no photo %(photo)s.", photo=str(photo))
    content = keeping.open_photo(data_dir, digest, size)
    with database.begin() as tx:
        record(tx, actor, "read_personal", f"cases/{number}/photos/{photo}", size=size)
    return content, digest


def _permitted(connection: sa.Connection, actor: Actor, number: int) -> bool:
    case = steps.seen(connection, number) if 0 < number < 2**63 else None
    if case is None:
        raise NotFound("There is no case %(number)s.", number=str(number))
    return actor.may("see_personal") and (
        not actor.areas or case["area_code"] in store.areas_below(connection, sorted(actor.areas))
    )
