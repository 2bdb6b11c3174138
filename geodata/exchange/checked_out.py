"""What was found in a net's file, and the net mended, in words and as files."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import WGS84
from geodata.errors import InvalidInput
from geodata.exchange.checking import Checked
from geodata.exchange.outgoing import of_frame
from geodata.exchange.polygons import moved
from geodata.exchange.writing import ENDINGS, place_for, write_frame, write_rows
from geodata.plans.coverage import Change, Mended
from geodata.plans.findings import SEVERITIES, said
from geodata.words import sentence as _
from geodata.words import translate

CHANGES = {
    "invalid": _("The border of %(gains)s crossed itself: %(area)s m² remain."),
    "less": _("Near borders were made one: %(loses)s lost %(area)s m²."),
    "more": _("Near borders were made one: %(gains)s gained %(area)s m²."),
    "overlap": _("Overlap settled: %(area)s m² from %(loses)s to %(gains)s."),
    "gap": _("Gap closed: %(area)s m² to %(gains)s."),
    "crumb": _("A bit that was cut off: %(area)s m² from %(loses)s to %(gains)s."),
    "outside": _("Beyond the boundary: %(area)s m² taken from %(loses)s."),
    "vanished": _("Nothing is left of %(loses)s, which lay wholly on others."),
}
"""What people read of a change, by its kind; of a snapped border by whether ground was lost."""


def read_change(checked: Checked, change: Change, language: str) -> str:
    """A change as a sentence."""
    kind: str = change.kind
    if kind == "snapped":
        kind = "more" if change.loses is None else "less"
    nobody = translate(_("no grid"), language)
    who = {
        name: nobody if one is None else checked.titles[one]
        for name, one in (("loses", change.loses), ("gains", change.gains))
    }
    return translate(CHANGES[kind], language, area=said(change.area_m2), **who)


def write_checked(checked: Checked, mended: Mended, out: Path, *, language: str) -> list[Path]:
    """Write the mended net and the findings, in WGS 84.

    A GeoPackage holds both as layers ``mended`` and ``findings``; any other kind of file gets the
    net, and a second file beside it, ``NAME.findings.ENDING``, the findings.

    Returns:
        The files that were written.
    """
    net = mended_frame(checked, mended)
    found = findings_frame(checked, language)
    if out.suffix.lower() == ".gpkg":
        with place_for(out) as part:
            write_rows(of_frame(net), part, name="mended")
            write_rows(of_frame(found), part, name="findings")
        return [out]
    beside = out.with_name(f"{out.stem}.findings{out.suffix}")
    write_frame(net, out, name="mended")
    write_frame(found, beside, name="findings")
    return [out, beside]


def refuse_ending(out: Path) -> None:
    """Refuse what could not be written before all the work is done.

    Raises:
        InvalidInput: An ending that is not written, or no such folder.
    """
    if out.suffix.lower() not in ENDINGS:
        raise InvalidInput(
            "Files ending in %(ending)s are not written; use one of %(known)s.",
            ending=out.suffix.lower() or out.name,
            known=" ".join(ENDINGS),
        )
    if not out.parent.is_dir():
        raise InvalidInput("There is no folder %(folder)s.", folder=str(out.parent))


def mended_frame(checked: Checked, mended: Mended) -> gpd.GeoDataFrame:
    """The mended polygons with the columns of the file, in WGS 84."""
    net = checked.net
    keep = ~shapely.is_empty(mended.shapes)
    table = net.table.drop(columns=[net.mapping.column("wkt") or ""], errors="ignore")[keep]
    table = table.drop(columns=["geometry"], errors="ignore").reset_index(drop=True)
    shapes = moved(mended.shapes[keep], checked.metres, WGS84)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)


def findings_frame(checked: Checked, language: str = "en") -> gpd.GeoDataFrame:
    """What was found, one row and point each in WGS 84.

    ``severity_text`` and ``message`` are for people; ``ids`` are what the file calls the polygons.
    """
    rows = [
        {
            "rule": one.rule,
            "severity": one.severity,
            "ids": ", ".join(map(str, one.ids)),
            "message": one.read(language),
            "area_m2": one.numbers.get("area_m2"),
            "households": one.numbers.get("households"),
            "severity_text": translate(SEVERITIES[one.severity], language),
        }
        for one in checked.findings
    ]
    names = ("rule", "severity", "ids", "message", "area_m2", "households", "severity_text")
    places = [shapely.Point(one.where.lon, one.where.lat) for one in checked.findings]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(names)),
        geometry=np.array(places, dtype=object),
        crs=WGS84,
    )


def changes_frame(checked: Checked, mended: Mended, language: str = "en") -> gpd.GeoDataFrame:
    """What mending changed, one row and point each in WGS 84: ``kind``, ``area_m2``, ``message``.

    ``loses`` and ``gains`` are what the file calls the polygons; None: no grid.
    """
    rows = [
        {
            "kind": one.kind,
            "loses": None if one.loses is None else checked.ids[one.loses],
            "gains": None if one.gains is None else checked.ids[one.gains],
            "area_m2": one.area_m2,
            "message": read_change(checked, one, language),
        }
        for one in mended.changes
    ]
    places = np.array([shapely.Point(one.x, one.y) for one in mended.changes], dtype=object)
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=["kind", "loses", "gains", "area_m2", "message"]),
        geometry=moved(places, checked.metres, WGS84),
        crs=WGS84,
    )
