"""A net in a file looked at as a net, and mended; needs no database."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.crs import WGS84, local_crs
from geodata.errors import InvalidInput
from geodata.exchange.holdings import holdings_of, housed, members_of, names_of
from geodata.exchange.patches import crossings, faces_of, noded, patches_of
from geodata.exchange.polygons import Polygons, moved, read_polygons
from geodata.plans.coverage import Change, Mended, made_valid, mend
from geodata.plans.findings import (
    SEVERITIES,
    Finding,
    Limits,
    Subject,
    findings_of,
    limits_of,
)
from geodata.profiles import Profile


@dataclass(frozen=True)
class Wish:
    """What a net is checked against.

    Attributes:
        compounds: A file of compounds.
        boundary: A file with the ground that the net shall fill; several polygons: communities.
        other_net: A file with another net over the same place.
        households: The column with households; else found by its name, else the compounds' own.
        low: Fewest households of a grid; None: the profile's.
        high: Most households of a grid; None: the profile's.
        crs: ``gcj02``, ``bd09``, ``wgs84`` or ``EPSG:n`` of all files; else what each says.
        layer: Which layer, sheet or file inside the zip is the net.
    """

    compounds: Path | None = None
    boundary: Path | None = None
    other_net: Path | None = None
    households: str | None = None
    low: int | None = None
    high: int | None = None
    crs: str | None = None
    layer: str | None = None


@dataclass(frozen=True)
class Checked:
    """A net that was looked at.

    Attributes:
        findings: The gravest first.
        summary: Figures of the whole.
        net: The polygons.
        ids: What each polygon is called in the findings.
        shapes: The polygons in metres, valid, with all points where others touch them.
        fence: The boundary in metres; None: not given.
        metres: The plane.
        titles: What people call each polygon.
    """

    findings: list[Finding]
    summary: dict[str, Any]
    net: Polygons
    ids: list[Any]
    shapes: NDArray[np.object_]
    fence: Any
    metres: pyproj.CRS
    titles: list[str]

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """JSON."""
        found = [one.as_dict(language) for one in self.findings]
        return {"findings": found, "summary": self.summary}


def check_file(path: str | Path, *, profile: Profile, wish: Wish | None = None) -> Checked:
    """Look for everything that is wrong with the polygons of a file.

    Borders are compared in the file's own plane, so that a point on a straight side is one; areas
    and widths are measured in local metres.

    Raises:
        NotFound: No such file or layer.
        InvalidInput: A file that cannot be read or holds no polygon, a column that is not there, a
            band upside down.
    """
    started = time.perf_counter()
    wish = wish or Wish()
    low, high = _band(wish, profile)
    net = read_polygons(path, "grids", declared=wish.crs, layer_name=wish.layer)
    sound = shapely.is_valid(net.shapes)
    valid = made_valid(net.shapes, sound=sound)
    metres = _metres(net, valid)
    fences = None
    if wish.boundary is not None:
        fences = read_polygons(wish.boundary, "areas", declared=wish.crs)
    plane = pyproj.CRS(net.system)
    fence = None if fences is None else shapely.union_all(made_valid(fences.into(plane)))
    ids = _ids(net)
    faces = faces_of(valid, fence, net.raster)
    faces = faces.moved(_mover(plane, metres))
    shapes = noded(faces, len(net))
    households = _households(net, wish.households)
    holdings, names = None, {} if fences is None else names_of(fences)
    if wish.compounds is not None:
        estates = read_polygons(wish.compounds, "compounds", declared=wish.crs)
        names |= names_of(estates)
        holdings = holdings_of(estates, shapes, ids, metres)
        if households is None:
            households = housed(estates, holdings, ids)
    grids = _grids(net, shapes, ids, households, metres)
    overlaps, gaps, outside = patches_of(faces, ids, fenced=fence is not None)
    others, agreement = None, None
    if wish.other_net is not None:
        other = read_polygons(wish.other_net, "grids", declared=wish.crs)
        others, agreement = _agreement(shapes, made_valid(other.into(metres)), ids)
    subject = Subject(
        grids,
        overlaps=overlaps,
        gaps=gaps,
        outside=outside,
        invalid=crossings(net, sound, ids, metres),
        holdings=holdings,
        members=None if fences is None else members_of(fences, shapes, ids, metres),
        others=others,
        names=names,
        limits=_limits(profile, low, high),
    )
    findings = findings_of(subject, profile=profile, crs=metres)
    summary = _summary(net, grids, findings, (low, high), agreement)
    summary["seconds"] = round(time.perf_counter() - started, 2)
    fence_m = None if fence is None else moved(np.array([fence], dtype=object), plane, metres)[0]
    return Checked(
        findings,
        summary,
        net,
        ids,
        shapes,
        fence_m,
        metres,
        [str(one) for one in subject.titles(grids.index)],
    )


def mend_checked(checked: Checked, *, snap_m: float = 0.5, widest_gap_m: float = 5.0) -> Mended:
    """The net of a file as a coverage, in metres; see ``geodata.plans.coverage.mend``."""
    done = mend(checked.shapes, boundary=checked.fence, snap_m=snap_m, widest_gap_m=widest_gap_m)
    crossed = []
    for place in np.flatnonzero(~shapely.is_valid(checked.net.shapes)).tolist():
        ground = checked.shapes[place]
        point = shapely.point_on_surface(ground)
        if not shapely.is_empty(point):
            area = float(shapely.area(ground))
            crossed.append(Change("invalid", None, place, area, point.x, point.y))
    return replace(done, changes=(*crossed, *done.changes))


# ---------------------------------------------------------------- what comes in


def _band(wish: Wish, profile: Profile) -> tuple[int, int]:
    low = profile.grid_band.low if wish.low is None else wish.low
    high = profile.grid_band.high if wish.high is None else wish.high
    if low < 0 or low > high:
        raise InvalidInput(
            "The band %(low)s to %(high)s cannot be: the lower end comes first.",
            low=low,
            high=high,
        )
    return low, high


def _metres(net: Polygons, valid: NDArray[np.object_]) -> pyproj.CRS:
    west, south, east, north = shapely.total_bounds(valid)
    middle = np.array([shapely.Point((west + east) / 2, (south + north) / 2)], dtype=object)
    point = moved(middle, net.system, WGS84)[0]
    return local_crs(point.x, point.y)


def _mover(plane: Any, metres: pyproj.CRS) -> Any:
    transformer = pyproj.Transformer.from_crs(plane, metres, always_xy=True)
    return lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1]))


def _ids(net: Polygons) -> list[Any]:
    """Codes if each polygon has one of its own, else the rows' numbers."""
    candidates = [net.column("code")]
    candidates += [net.table[c] for c in net.table if str(c).casefold() in _NUMBERS]
    for column in candidates:
        if column is None or column.isna().any():
            continue
        texts = column.astype(str).str.strip()
        if (texts != "").all() and not texts.duplicated().any():
            return [one.item() if isinstance(one, np.generic) else one for one in column.tolist()]
    return [int(one) for one in net.rows]


_NUMBERS = frozenset({"id", "gid", "fid", "objectid", "ogc_fid"})


def _households(net: Polygons, wanted: str | None) -> pd.Series | None:
    """The households of each polygon; None: not known."""
    if wanted is not None and wanted not in net.table:
        raise InvalidInput(
            "The file has no column %(column)s; it has %(known)s.",
            column=wanted,
            known=", ".join(map(str, net.table.columns[:40])),
        )
    column = net.table[wanted] if wanted is not None else net.column("households")
    if column is None:
        return None
    numbers = pd.to_numeric(column, errors="coerce").replace([np.inf, -np.inf], np.nan)
    if wanted is not None and numbers.notna().sum() == 0:
        raise InvalidInput("The column %(column)s holds no numbers.", column=wanted)
    if (numbers < 0).any():
        row = int(net.rows[int(np.flatnonzero((numbers < 0).to_numpy())[0])])
        raise InvalidInput("Households cannot be negative, as in row %(row)s.", row=row)
    return pd.Series(numbers.round().astype("Int64").to_numpy(), dtype="Int64")


def _grids(
    net: Polygons,
    shapes: NDArray[np.object_],
    ids: list[Any],
    households: pd.Series | None,
    metres: pyproj.CRS,
) -> gpd.GeoDataFrame:
    columns: dict[str, Any] = {}
    for name, field_name in (("code", "code"), ("name", "name"), ("community", "area_code")):
        column = net.column(field_name)
        if column is not None:
            columns[name] = [None if pd.isna(one) else str(one) for one in column]
    posts = next((one for one in net.table if str(one).casefold() in _WORKERS), None)
    if posts is not None:
        columns["worker"] = [None if pd.isna(one) else str(one) for one in net.table[posts]]
    if households is not None:
        columns["households"] = households.array
    index = pd.Index(ids, name="grid")
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=index), geometry=shapes, crs=metres)


_WORKERS = frozenset({"worker", "网格员", "网格员姓名", "grid_worker"})


# ---------------------------------------------------------------- what is told


def _agreement(
    shapes: NDArray[np.object_], other: NDArray[np.object_], ids: list[Any]
) -> tuple[pd.Series, float]:
    """The best agreement of each grid with a patch of another net, and that of the whole.

    Agreement of two patches is their common ground over all their ground (Jaccard's index).
    """
    mine, theirs = shapely.STRtree(other).query(shapes, predicate="intersects")
    common = shapely.area(shapely.intersection(shapes[mine], other[theirs]))
    area, others = shapely.area(shapes), shapely.area(other)
    index = common / np.maximum(area[mine] + others[theirs] - common, 1e-9)
    best = np.zeros(len(shapes))
    np.maximum.at(best, mine, index)
    whole = float((best * area).sum() / max(area.sum(), 1e-9))
    return pd.Series(best, index=pd.Index(ids)), whole


def _limits(profile: Profile, low: int, high: int) -> Limits:
    return limits_of(profile, low=low, high=high)


def _summary(
    net: Polygons,
    grids: gpd.GeoDataFrame,
    findings: list[Finding],
    band: tuple[int, int],
    agreement: float | None,
) -> dict[str, Any]:
    rules = Counter(one.rule for one in findings)
    weights = Counter(one.severity for one in findings)
    summary: dict[str, Any] = {
        "file": net.filename,
        "polygons": len(net),
        "skipped": net.skipped,
        "crs": net.system if net.system.startswith("EPSG:") else pyproj.CRS(net.system).name,
        "findings": len(findings),
        "rules": dict(rules.most_common()),
        "severities": {name: weights.get(name, 0) for name in SEVERITIES},
        "area_m2": round(float(grids.area.sum()), 1),
        "overlap_m2": round(_sum(findings, "overlap"), 3),
        "gap_m2": round(_sum(findings, "gap"), 3),
        "households": None,
        "in_band": None,
        "low": band[0],
        "high": band[1],
    }
    if "households" in grids:
        known = grids["households"].dropna()
        summary["households"] = int(known.sum())
        summary["in_band"] = int(((known >= band[0]) & (known <= band[1])).sum())
    if agreement is not None:
        summary["agreement"] = round(agreement, 4)
    return summary


def _sum(findings: list[Finding], rule: str) -> float:
    return float(sum(one.numbers["area_m2"] for one in findings if one.rule == rule))
