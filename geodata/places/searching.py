"""Finding a place by its name or code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from geodata.accounts import require
from geodata.errors import InvalidInput
from geodata.places.featuring import Box
from geodata.places.querying import at_moment
from geodata.places.tables import LAYERS

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

SEARCHED: Final = ("areas", "compounds", "facilities", "grids", "streets", "buildings")
LONGEST: Final = 100


@dataclass(frozen=True)
class Found:
    """A place whose name or code fits; ``point`` is longitude, latitude in WGS 84."""

    layer: str
    code: str
    name: str
    kind: str | None
    area_name: str
    point: tuple[float, float]
    box: Box


def search(
    database: Database, actor: Actor, words: str, *, at: datetime | None = None, limit: int = 12
) -> list[Found]:
    """Places whose name contains ``words`` or whose code begins with it, the nearest fit first.

    The same name, then names that begin so, then the rest; areas before compounds before
    facilities before grids before streets before buildings. Streets of one name are one.

    Raises:
        NotAllowed: the role sees no map.
        InvalidInput: a control character, or more than 100 characters.
    """
    require(actor, "see_map")
    wanted = " ".join(words.split())
    if any(ord(sign) < 32 for sign in wanted):
        raise InvalidInput("One of the values is too large, or holds a sign that no text has.")
    if len(wanted) > LONGEST:
        raise InvalidInput("Search by at most %(longest)s letters of a name.", longest=LONGEST)
    if not wanted:
        return []
    parts = [_in_layer(name, rank, wanted, at, limit) for rank, name in enumerate(SEARCHED)]
    every = sa.union_all(*parts).subquery()
    query = (
        sa.select(every)
        .order_by(every.c.fit, every.c.rank, sa.func.length(every.c.name), every.c.name)
        .limit(limit)
    )
    with database.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [_found(row) for row in rows]


def _in_layer(layer: str, rank: int, words: str, at: datetime | None, limit: int) -> sa.Select[Any]:
    table = LAYERS[layer]
    pattern = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    name, code = table.c.name, table.c.code
    fit = sa.case(
        (sa.or_(sa.func.lower(name) == words.lower(), code == words), 0),
        (name.ilike(f"{pattern}%"), 1),
        else_=2,
    )
    kind = next((table.c[c] for c in ("level", "type", "kind", "use") if c in table.c), None)
    matches = sa.or_(name.ilike(f"%{pattern}%"), code.like(f"{pattern}%"))
    hits = sa.select(
        code,
        name,
        (sa.literal(None) if kind is None else kind).cast(sa.Text).label("kind"),
        (table.c.area_code if "area_code" in table.c else sa.null()).cast(sa.Text).label("area"),
        fit.label("fit"),
        table.c.geom,
    ).where(at_moment(table, at), matches)
    if layer == "streets":
        hits = hits.ext(distinct_on(name)).order_by(name, code)
    else:
        hits = hits.order_by(fit, sa.func.length(name), code)
    found = hits.limit(limit if layer != "streets" else limit * 4).subquery(f"in_{layer}")
    home = LAYERS["areas"].alias(f"home_{layer}")
    point = sa.func.ST_PointOnSurface(found.c.geom)
    return sa.select(
        sa.literal(layer).label("layer"),
        sa.literal(rank).label("rank"),
        found.c.fit,
        found.c.code,
        found.c.name,
        found.c.kind,
        sa.func.coalesce(home.c.name, "").label("area_name"),
        sa.func.ST_X(point).label("lon"),
        sa.func.ST_Y(point).label("lat"),
        sa.func.ST_XMin(found.c.geom).label("west"),
        sa.func.ST_YMin(found.c.geom).label("south"),
        sa.func.ST_XMax(found.c.geom).label("east"),
        sa.func.ST_YMax(found.c.geom).label("north"),
    ).outerjoin(
        home,
        sa.and_(home.c.code == found.c.area, at_moment(home, at)),
    )


def _found(row: sa.RowMapping) -> Found:
    return Found(
        layer=row["layer"],
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        area_name=row["area_name"],
        point=(row["lon"], row["lat"]),
        box=(row["west"], row["south"], row["east"], row["north"]),
    )
