"""Layers out, as files that others open; personal data only for who may see it."""

# ruff: noqa: SIM905 - words in a row read better than quoted one by one

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import geopandas as gpd
import orjson
import pandas as pd
import shapely
import sqlalchemy as sa

from geodata.accounts import Actor, record, require
from geodata.accounts.store import areas_inside
from geodata.cases.tables import cases
from geodata.database import Database
from geodata.exchange.fields import SHAPES, fields_of
from geodata.exchange.writing import write_frame
from geodata.places.tables import LAYERS
from geodata.profiles import Profile, load_profile

_GEOMETRY = {"polygon": "MultiPolygon", "line": "LineString", "point": "Point"}
_MOST_EXTRA = 100
ROWS_AT_ONCE = 50_000


def export_layer(
    database: Database,
    actor: Actor,
    layer: str,
    path: str | Path,
    *,
    at: date | datetime | None = None,
    profile: Profile | None = None,
) -> int:
    """Write a layer to a file, by its ending; see ``writing.write_frame``.

    Args:
        database: Where from.
        actor: Who; needs ``export``. Free text, reporters and what was kept aside of cases come
            only with ``see_personal``, and only in the areas of duty; reading them is audited.
        layer: One of the seven layers.
        path: The file; replaced if it is there.
        at: The layer of that instant, or of the end of that local day; absent: as it is now.
            Of cases, those reported until then.
        profile: The city's; gives the local time. Absent: the shipped one.

    Returns:
        How many features were written.

    Raises:
        NotFound: No such layer.
        NotAllowed: The role may not export.
        InvalidInput: An ending that is not written.
        Unavailable: The disk is full, or the database away.
    """
    profile = profile or load_profile("linyi")
    require(actor, "export")
    fields_of(layer)
    moment = _moment(at, profile)
    personal = layer == "cases" and actor.may("see_personal")
    with database.read() as connection:
        frame = (
            _cases(connection, actor, moment, personal=personal)
            if layer == "cases"
            else (_places(connection, layer, moment))
        )
    for column in frame.columns:
        if isinstance(frame[column].dtype, pd.DatetimeTZDtype):
            frame[column] = frame[column].dt.tz_convert(profile.zone)
    write_frame(frame, Path(path), name=layer, shape=_GEOMETRY[SHAPES[layer]])
    with database.begin() as tx:
        record(tx, actor, "exported", layer, filename=Path(path).name, rows=len(frame))
        if personal and len(frame):
            record(tx, actor, "read_personal", layer, rows=len(frame), by="export")
    return len(frame)


def _moment(at: date | datetime | None, profile: Profile) -> datetime | None:
    if at is None:
        return None
    if isinstance(at, datetime):
        return at if at.tzinfo else at.replace(tzinfo=profile.zone)
    tomorrow = datetime.combine(at + timedelta(days=1), clock.min, tzinfo=profile.zone)
    return tomorrow - timedelta(microseconds=1)


def _places(connection: sa.Connection, layer: str, at: datetime | None) -> gpd.GeoDataFrame:
    table = LAYERS[layer]
    names = [c.name for c in table.c if c.name not in {"id", "held", "import_id", "geom"}]
    held = (
        sa.func.upper_inf(table.c.held)
        if at is None
        else table.c.held.contains(sa.literal(at, sa.DateTime(timezone=True)))
    )
    query = sa.select(*(table.c[name] for name in names), _wkb(table.c.geom)).where(held)
    return _frame(connection, query.order_by(table.c.code))


def _cases(
    connection: sa.Connection, actor: Actor, at: datetime | None, *, personal: bool
) -> gpd.GeoDataFrame:
    hidden = {field.name for field in fields_of("cases") if field.personal} | {"extra"}
    fields = [field.name for field in fields_of("cases")]
    names = [*fields, "updated_at", "area_code", "grid_code", "compound_code", "extra"]
    columns: list[Any] = [cases.c[n] for n in names if personal or n not in hidden]
    if personal and actor.areas:
        known = list(connection.execute(sa.select(cases.c.area_code).distinct()).scalars())
        codes = [code for code in known if code is not None]
        mine = areas_inside(connection, codes, of=actor.areas) | (set(codes) & actor.areas)
        within = cases.c.area_code == sa.any_(sa.literal(sorted(mine), sa.ARRAY(sa.Text)))
        columns = [
            sa.case((within, column)).label(column.name) if column.name in hidden else column
            for column in columns
        ]
    query = sa.select(*columns, _wkb(cases.c.geom))
    if at is not None:
        query = query.where(cases.c.reported_at <= at)
    return _frame(connection, query.order_by(cases.c.reported_at, cases.c.id))


def _wkb(column: Any) -> Any:
    return sa.func.ST_AsBinary(column, type_=sa.LargeBinary).label("wkb")


def _frame(connection: sa.Connection, query: Any) -> gpd.GeoDataFrame:
    """All rows; piece by piece, because columns take far less room than rows."""
    result = connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    names = list(result.keys())
    pieces = [_piece(rows, names) for rows in result.partitions()] or [_piece([], names)]
    frame = pd.concat(pieces, ignore_index=True) if len(pieces) > 1 else pieces[0]
    pieces.clear()
    shapes = frame.pop("geometry")
    table = pd.DataFrame(frame)
    if "extra" in table:
        table = _spread(table)
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


def _piece(rows: Any, names: list[str]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=names)
    wkb = table.pop("wkb").map(bytes, na_action="ignore").astype(object)
    shapes = shapely.from_wkb(wkb.where(wkb.notna(), None).to_numpy())
    for column in table.columns:
        values = table[column]
        if column == "equipment":
            table[column] = values.map("、".join, na_action="ignore")
        elif column in {"reported_at", "due_at", "updated_at", "closed_at"}:
            table[column] = pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")
        elif column in _WHOLE:
            table[column] = values.astype("Int64")
        elif column in {"closed", "oneway", "bridge", "tunnel"}:
            table[column] = values.astype("boolean")
        elif column == "extra":
            table[column] = values.astype(object).where(values.astype(bool), None)
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


_WHOLE = frozenset("households residents floors entrances elderly".split())


def _spread(table: pd.DataFrame) -> pd.DataFrame:
    """What was kept aside as columns of its own, under the names that it came with."""
    extra = table.pop("extra")
    rows = [one if isinstance(one, dict) else {} for one in extra.tolist()]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    taken = {column.casefold() for column in table.columns} | {
        "geometry",
        "geom",
        "fid",
        "lon",
        "lat",
        "wkt",
    }
    fits = [key for key in keys if key.casefold() not in taken and not re.search(r"[\"\x00]", key)]
    if len(fits) > _MOST_EXTRA or len({key.casefold() for key in fits}) < len(fits):
        fits = []
    spread = {}
    for key in fits:
        values = [row.get(key) for row in rows]
        plain = [orjson.dumps(v).decode() if isinstance(v, dict | list) else v for v in values]
        kinds = {type(v) for v in plain if v is not None}
        spread[key] = plain if len(kinds) <= 1 else [None if v is None else str(v) for v in plain]
    left = [{k: v for k, v in row.items() if k not in set(fits)} for row in rows]
    if any(left):
        spread["extra"] = [orjson.dumps(one).decode() if one else None for one in left]
    return pd.concat([table, pd.DataFrame(spread, index=table.index)], axis=1)
