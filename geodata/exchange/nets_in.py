"""Nets of other departments out of files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.accounts import require
from geodata.crs import convert_geometries
from geodata.errors import InvalidInput, WanggeError
from geodata.exchange.choosing import several_layers_in_a_form
from geodata.exchange.coordinates import Placing
from geodata.exchange.guessing import guess_shift
from geodata.exchange.polygons import Polygons, read_polygons
from geodata.exchange.reading import MOST_BYTES
from geodata.exchange.values import texts
from geodata.plans import departments
from geodata.plans.coverage import made_valid
from geodata.plans.departments import DepartmentNet

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database

MOST_ROWS = 2 * departments.MOST_PATCHES
"""Of a file, those without a polygon too."""


_MOSTLY = 0.5
"""The share of a net that must lie on a draft for its coordinates to be taken for others."""


@dataclass(frozen=True)
class NetIn:
    """A net that came in.

    Attributes:
        net: As it is kept.
        crs: How its coordinates were read.
        skipped: Rows without a polygon.
        mended: Broken polygons that were mended.
        hint: Coordinates that would fit better, if there are any: ``crs``, ``before_m`` and
            ``after_m`` (metres off what stands here, None where only the ground tells) and ``by``.
    """

    net: DepartmentNet
    crs: str
    skipped: int
    mended: int
    hint: dict[str, Any] | None


def add_net(  # noqa: PLR0913 - what a form asks
    database: Database,
    actor: Actor,
    path: str | Path,
    *,
    name: str,
    filename: str,
    crs: str | None = None,
    layer_name: str | None = None,
    attribution: str = "",
    note: str = "",
    plan_id: int | None = None,
    most_bytes: int = MOST_BYTES,
) -> NetIn:
    """Read a file and keep it as the net of a department.

    Args:
        database: Where.
        actor: Who brings it.
        path: The file, of any kind that can be imported.
        name: Of the department.
        filename: What the user calls the file.
        crs: ``gcj02``, ``bd09``, ``wgs84`` or ``EPSG:n``; else what the file says.
        layer_name: Which layer, sheet or file inside a zip archive.
        attribution: Whose data it is.
        note: What people should know of it.
        plan_id: A draft on whose ground it must lie.
        most_bytes: How large the file may be, also once unpacked.

    Raises:
        WanggeError: As ``polygons.read_polygons`` and ``departments.add``; if it lies elsewhere but
            would not in other coordinates, ``members`` has them as ``hint``.
    """
    require(actor, "draw_plan")
    try:
        found = read_polygons(
            path,
            "grids",
            declared=crs,
            layer_name=layer_name,
            filename=filename,
            most_bytes=most_bytes,
            most_rows=MOST_ROWS,
        )
    except WanggeError as error:
        raise _without_options(error) from error
    frame = _frame(found)
    reason: Any = "file" if crs is None else "declared"
    placing = Placing("wgs84", reason, "geometry")
    with database.read() as connection:
        shapes = made_valid(frame.geometry.to_numpy())
        guess = guess_shift(connection, "nets", shapes, placing, names=found.names())
    hint = None if guess is None else guess.as_dict()
    if hint is None and crs is None and plan_id is not None:
        hint = _elsewhere(database, actor, plan_id, frame.geometry.to_numpy())
    try:
        net = departments.add(
            database,
            actor,
            frame,
            name=name,
            filename=filename,
            attribution=attribution,
            note=note,
            plan_id=plan_id,
        )
    except InvalidInput as error:
        if hint is not None:
            error.members["hint"] = hint
        raise
    mended = int((~shapely.is_valid(found.shapes)).sum())
    return NetIn(net, found.system if crs is None else crs, found.skipped, mended, hint)


def _elsewhere(
    database: Database, actor: Actor, plan_id: int, shapes: Any
) -> dict[str, Any] | None:
    """The shifted coordinates in which most of a net lies on a draft, if it does not as it is."""
    boxes = shapely.box(*shapely.bounds(shapes).T)

    def here(name: str) -> float:
        moved = convert_geometries(boxes, from_=name, to="wgs84")
        return departments.share_here(database, actor, plan_id, moved)

    best = max(("gcj02", "bd09"), key=here)
    if here(best) < max(_MOSTLY, 1.2 * here("wgs84")):
        return None
    return {"crs": best, "before_m": None, "after_m": None, "by": "ground"}


def _frame(found: Polygons) -> gpd.GeoDataFrame:
    """Code, name and place of the patches, in WGS 84."""
    columns: dict[str, Any] = {}
    for field in ("code", "name"):
        values = found.column(field)
        words = None if values is None else texts(_arrow(values)).to_pylist()
        columns[field] = np.array([*(words or [None] * len(found)), None], dtype=object)[:-1]
    return gpd.GeoDataFrame(columns, geometry=found.into("EPSG:4326"), crs="EPSG:4326")


def _arrow(values: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - loaded with the reader already

    return pa.chunked_array([pa.array(values, from_pandas=True)])


def _without_options(error: WanggeError) -> WanggeError:
    """A refusal that names options of the terminal, in the words of a form."""
    if (several := several_layers_in_a_form(error)) is not None:
        return several
    if "--crs" in error.message:
        return InvalidInput(
            "It cannot be told where this net lies: its coordinates do not fit the coordinate "
            "system, or the file names none. Choose the coordinate system%(hint)s.",
            hint=error.params.get("hint", ""),
        )
    return error
