"""Nets of other departments (police, urban management, party): kept, compared, fitted.

They belong to the whole district: who may draw may see and add them, and who added one may remove
it. What a draft is compared with is what of them lies on its ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.accounts import record, require
from geodata.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from geodata.plans import corresponding, opening, store_departments, store_standing
from geodata.plans.agreeing import Agreement
from geodata.plans.agreeing import agreement as agreement_of
from geodata.plans.drafts import LARGEST_PLAN, Draft, draft_of, readable, whole

if TYPE_CHECKING:
    import sqlalchemy as sa

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.plans.net import Net

DRAFT: Final = "draft"
"""Stands for the draft's own grids among the nets that are compared."""
LONGEST_NAME: Final = 60
LONGEST_WORDS: Final = 500
MOST_PATCHES: Final = 20_000
MOST_POINTS: Final = 2_000_000
MOST_NETS: Final = 8
"""Nets that are compared at once."""
WGS84: Final = "EPSG:4326"


@dataclass(frozen=True)
class DepartmentNet:
    """A net of a department. ``here``: how many of its patches lie around the draft asked for."""

    id: int
    name: str
    filename: str
    attribution: str
    note: str
    patches: int
    made_by: str
    made_at: datetime
    removable: bool
    here: int | None = None


@dataclass(frozen=True)
class Compared:
    """How far nets agree on a draft's ground.

    Attributes:
        draft: The draft, as it was looked at.
        found: The nets are called by their number, the draft's own ``DRAFT``.
        names: What people call each.
        patches: The patches of each by number, with ``code`` and ``name``.
        households: Those of the whole draft.
    """

    draft: Draft
    found: Agreement
    names: dict[str, str]
    patches: dict[str, gpd.GeoDataFrame]
    households: int


@dataclass(frozen=True)
class Correspondence:
    """Which old patch became which grid; ``kept``: as it was when the plan was published."""

    draft: Draft
    net: str | None
    kept: bool
    rows: list[dict[str, Any]]


# ── kept ─────────────────────────────────────────────────────────────────────────────────────


def add(
    database: Database,
    actor: Actor,
    patches: gpd.GeoDataFrame,
    *,
    name: str,
    filename: str,
    attribution: str = "",
    note: str = "",
    plan_id: int | None = None,
) -> DepartmentNet:
    """Keep a net of a department.

    Args:
        database: Where.
        actor: Who brings it; must be allowed to draw.
        patches: Polygons of any CRS, with ``code`` and ``name`` where known; broken ones are
            mended, what has no ground is left out.
        name: Of the department; no two nets have one.
        filename: What the file was called.
        attribution: Whose data it is.
        note: What people should know of it.
        plan_id: A draft on whose ground it must lie: nets in a wrong coordinate system do not.

    Raises:
        NotAllowed: The role, or the draft's area.
        NotFound: No such draft.
        InvalidInput: No name, no polygon, or nothing on the draft's ground.
        TooLarge: Too many patches or points.
        Conflict: A net has that name already.
    """
    require(actor, "draw_plan")
    title = _checked_name(name)
    if max(len(attribution), len(note)) > LONGEST_WORDS:
        raise InvalidInput("Write at most %(most)s characters.", most=LONGEST_WORDS)
    columns = _columns(patches)
    with database.begin() as tx:
        if plan_id is not None:
            row = readable(tx.connection, actor, plan_id)
            _refuse_elsewhere(tx.connection, row, columns["geom"])
        made = store_departments.add_net(
            tx.connection,
            name=title,
            filename=filename,
            attribution=attribution.strip(),
            note=note.strip(),
            patches=len(columns["geom"]),
            made_by=actor.user_id,
            made_by_name=actor.name,
        )
        if made is None:
            raise Conflict(
                "There is a net of “%(name)s” already; give it another name.", name=title
            )
        columns["net_id"] = [made.id] * len(columns["geom"])
        store_departments.add_patches(tx.connection, columns)
        tx.changed("department_nets", str(made.id), "added")
        record(tx, actor, "added_net", f"nets/{made.id}", name=title, patches=made.patches)
    return _shown(made, actor, here=None)


def share_here(database: Database, actor: Actor, plan_id: int, shapes: Any) -> float:
    """The share of some polygons in WGS 84 that lies in the box around a draft."""
    with database.read() as connection:
        box = corresponding.box_of(connection, readable(connection, actor, plan_id))
    sound = shapely.make_valid(np.asarray(shapes, dtype=object))
    whole_area = float(shapely.area(sound).sum())
    if box is None or whole_area <= 0:
        return 0.0
    return float(shapely.area(shapely.intersection(sound, shapely.box(*box))).sum()) / whole_area


def every(database: Database, actor: Actor) -> list[DepartmentNet]:
    """All nets of departments, in the order in which they came."""
    require(actor, "draw_plan")
    with database.read() as connection:
        return [_shown(row, actor, here=None) for row in store_departments.nets(connection)]


def around(database: Database, actor: Actor, plan_id: int) -> tuple[Draft, list[DepartmentNet]]:
    """The nets that have a patch around a draft."""
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        box = corresponding.box_of(connection, row)
        here = {} if box is None else store_departments.near(connection, box)
        found = [
            _shown(one, actor, here=here[one.id])
            for one in store_departments.nets(connection)
            if one.id in here
        ]
    return draft_of(row), found


def patches(
    database: Database, actor: Actor, plan_id: int, net_id: int
) -> tuple[Draft, gpd.GeoDataFrame]:
    """The patches of a net around a draft, in the draft's metres.

    Raises:
        NotFound: No such draft, or no such net.
    """
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        _known(connection, net_id)
        box = corresponding.box_of(connection, row)
        return draft_of(row), corresponding.patches_of(
            connection, net_id, box or _NOWHERE, row.srid
        )


def borders(patches: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The borders of patches, each once however many patches share it, as one row of lines."""
    rings = shapely.boundary(patches.geometry.to_numpy())
    lines = shapely.line_merge(shapely.union_all(rings)) if len(rings) else None
    shapes = [] if lines is None or shapely.is_empty(lines) else [lines]
    return gpd.GeoDataFrame(geometry=shapes, crs=patches.crs)


def remove(database: Database, actor: Actor, net_id: int) -> None:
    """Remove a net; what was kept of it with published plans stays.

    Raises:
        NotFound: No such net.
        NotAllowed: Somebody else added it, and one is no administrator.
    """
    require(actor, "draw_plan")
    with database.begin() as tx:
        row = _known(tx.connection, net_id)
        if not _removable(row, actor):
            raise NotAllowed(
                "Only %(who)s, who added this net, or an administrator may remove it.",
                who=row.made_by_name,
            )
        store_departments.remove_net(tx.connection, net_id)
        tx.changed("department_nets", str(net_id), "ended")
        record(tx, actor, "removed_net", f"nets/{net_id}", name=row.name)


# ── compared ─────────────────────────────────────────────────────────────────────────────────


def agreement(database: Database, actor: Actor, plan_id: int, keys: Sequence[str]) -> Compared:
    """How far nets agree on a draft's ground, and where they do not.

    Args:
        database: Where.
        actor: Who may read the draft.
        plan_id: Which draft: its units know the households.
        keys: Numbers of nets, and ``DRAFT`` for the draft's own.

    Raises:
        NotFound: No such draft, or no such net.
        InvalidInput: Fewer than two nets, too many, or one that does not lie here.
    """
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        net = whole(connection, row)
        given, names = chosen(connection, row, net, keys)
    found = agreement_of(net.units, given)
    total = int(net.units["households"].sum())
    return Compared(draft_of(row), found, names, given, total)


def correspondence(
    database: Database, actor: Actor, plan_id: int, net_id: int | None
) -> Correspondence:
    """Which patch of a net, or grid of the net in force (None), became which grid of a plan.

    Of a published plan it is what was kept on that day.

    Raises:
        NotFound: No such draft, or no such net.
    """
    with database.read() as connection:
        row = readable(connection, actor, plan_id)
        names = store_departments.kept_nets(connection, plan_id)
        if row.state == "published" and (net_id is None or net_id in names):
            kept = store_departments.correspondence(connection, plan_id, net_id)
            rows = [{name: one[name] for name in corresponding.COLUMNS} for one in kept]
            return Correspondence(draft_of(row), names.get(net_id or 0), kept=True, rows=rows)
        title = None if net_id is None else _known(connection, net_id).name
        net = whole(connection, row)
        if net_id is None:
            old = _in_force(connection, row)
        else:
            box = corresponding.box_of(connection, row)
            old = corresponding.patches_of(connection, net_id, box or _NOWHERE, row.srid)
    return Correspondence(draft_of(row), title, kept=False, rows=corresponding.table(net, old))


def chosen(
    connection: sa.Connection, row: Any, net: Net, keys: Sequence[str]
) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, str]]:
    """The patches and the names of nets by their keys, in the draft's metres."""
    wanted = list(dict.fromkeys(keys))
    if len(wanted) > MOST_NETS:
        raise InvalidInput("At most %(most)s nets are compared at once.", most=MOST_NETS)
    box = corresponding.box_of(connection, row) or _NOWHERE
    given: dict[str, gpd.GeoDataFrame] = {}
    names: dict[str, str] = {}
    for key in wanted:
        if key == DRAFT:
            given[key] = net.borders()[["code", "name", "geometry"]]
            names[key] = row.name
        else:
            one = _known(connection, int(key) if key.isascii() and key.isdigit() else -1)
            given[key] = corresponding.patches_of(connection, one.id, box, row.srid)
            names[key] = one.name
        if not len(given[key]):
            raise InvalidInput(
                "The net “%(name)s” has nothing on the ground of this draft.", name=names[key]
            )
    return given, names


_NOWHERE: Final = (0.0, 0.0, 0.0, 0.0)


def _in_force(connection: sa.Connection, row: Any) -> gpd.GeoDataFrame:
    rows = store_standing.standing(connection, "grids", list(row.communities))
    if not rows:
        return gpd.GeoDataFrame({"code": [], "name": []}, geometry=[], crs=f"EPSG:{row.srid}")
    return opening.standing_grids(rows)[["code", "name", "geometry"]].to_crs(row.srid)


def _known(connection: sa.Connection, net_id: int) -> Any:
    row = store_departments.net(connection, net_id) if 0 < net_id <= LARGEST_PLAN else None
    if row is None:
        raise NotFound("There is no net %(number)s.", number=net_id)
    return row


def _removable(row: Any, actor: Actor) -> bool:
    own = actor.user_id is not None and row.made_by == actor.user_id
    return actor.may("draw_plan") and (own or actor.role == "admin")


def _shown(row: Any, actor: Actor, *, here: int | None) -> DepartmentNet:
    return DepartmentNet(
        id=row.id,
        name=row.name,
        filename=row.filename,
        attribution=row.attribution,
        note=row.note,
        patches=row.patches,
        made_by=row.made_by_name,
        made_at=row.made_at,
        removable=_removable(row, actor),
        here=here,
    )


def _checked_name(name: str) -> str:
    title = " ".join(name.split())
    if not title or len(title) > LONGEST_NAME:
        raise InvalidInput(
            "The name of a department has between 1 and %(most)s characters.", most=LONGEST_NAME
        )
    return title


def _columns(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """What is stored of the patches: sound multipolygons in WGS 84, numbered as they come."""
    if len(frame) > MOST_PATCHES:
        raise TooLarge("A net has at most %(most)s patches.", most=MOST_PATCHES)
    if shapely.get_num_coordinates(frame.geometry.to_numpy()).sum() > MOST_POINTS:
        raise TooLarge(
            "The borders of this net have more than %(most)s points; simplify them first.",
            most=MOST_POINTS,
        )
    shapes = np.asarray(shapely.force_2d(frame.to_crs(WGS84).geometry.to_numpy()), dtype=object)
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    kept, multi = [], []
    for k, shape in enumerate(shapes):
        parts = shapely.get_parts(shapely.get_parts(shape))
        ground = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
        if ground:
            kept.append(k)
            multi.append(shapely.MultiPolygon(ground))
    if not kept:
        raise InvalidInput("There is no polygon in this net.")
    words = {
        name: _words(frame[name] if name in frame else pd.Series(None, index=frame.index), kept)
        for name in ("code", "name")
    }
    return {"patch": [k + 1 for k in kept], **words, "geom": multi}


def _words(column: pd.Series[Any], kept: list[int]) -> list[str | None]:
    values = column.iloc[kept].tolist()
    texts = [None if pd.isna(value) else str(value).replace("\0", "").strip() for value in values]
    return [text[:LONGEST_WORDS] if text else None for text in texts]


def _refuse_elsewhere(connection: sa.Connection, row: Any, shapes: list[Any]) -> None:
    """Refuse a net that has nothing around a draft."""
    box = corresponding.box_of(connection, row)
    if box is None or not shapely.intersects(shapely.box(*box), np.array(shapes)).any():
        west, south, east, north = shapely.total_bounds(np.array(shapes)).tolist()
        raise InvalidInput(
            "The net lies elsewhere (longitude %(lon)s, latitude %(lat)s) and has nothing on the "
            "ground of this draft. Choose the right file, or its coordinate system.",
            lon=round((west + east) / 2, 4),
            lat=round((south + north) / 2, 4),
        )
