"""A frame as a file, by its ending; a file that is there is whole.

Everything is written beside the target under a name of its own and put in place at the end, so a
full disk or a stop in the middle leaves nothing half written.
"""

from __future__ import annotations

import csv
import errno
import io
import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import IllegalCharacterError

from geodata.errors import InvalidInput, Unavailable

MOST_EXCEL_ROWS = 1_048_576 - 1
_MOST_CELL = 32_767
ROWS_AT_ONCE = 50_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# Names in a Shapefile have at most 10 bytes; these are ours, the rest is cut by GDAL.
SHORT_NAMES = {
    "parent_code": "parent_cod",
    "compound_code": "comp_code",
    "property_firm": "prop_firm",
    "floor_area_m2": "floor_m2",
    "external_id": "ext_id",
    "reported_at": "reported",
    "description": "descript",
    "reporter_name": "rep_name",
    "reporter_telephone": "rep_phone",
    "updated_at": "updated",
}
_DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".kml": "LIBKML",
    ".fgb": "FlatGeobuf",
}
ENDINGS = (*_DRIVERS, ".shp", ".zip", ".parquet", ".geoparquet", ".csv", ".xlsx")


def write_frame(
    frame: gpd.GeoDataFrame, path: Path, *, name: str, shape: str | None = None
) -> None:
    """Write a frame, in its own coordinate system, as the file's ending says.

    Args:
        frame: What to write; times with a zone are written with it where the kind of file can.
        path: ``.gpkg .geojson .json .shp .zip`` (a zipped Shapefile) ``.kml .fgb .parquet .csv
            .xlsx``. A file of that name is replaced.
        name: Of the layer inside.
        shape: ``Point``, ``LineString`` or ``MultiPolygon``, for frames without rows.

    Raises:
        InvalidInput: An ending that is not written, or more rows than Excel takes.
        Unavailable: The disk is full or does not let us write.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InvalidInput(
            "Files ending in %(ending)s are not written; use one of %(known)s.",
            ending=ending or path.name,
            known=" ".join(ENDINGS),
        )
    if ending == ".xlsx" and len(frame) > MOST_EXCEL_ROWS:
        raise InvalidInput(
            "%(number)s rows are more than Excel takes; export as .csv or .gpkg.",
            number=len(frame),
        )
    if not path.parent.is_dir():
        raise InvalidInput("There is no folder %(folder)s.", folder=str(path.parent))
    try:
        folder = Path(tempfile.mkdtemp(prefix=".wangge-export-", dir=path.parent))
    except OSError as error:
        raise _refusal(error, path) from error
    try:
        part = folder / path.name
        _writer(ending)(frame, part, name, shape)
        for written in folder.iterdir():
            _settle(written)
        for written in sorted(folder.iterdir()):
            written.replace(path.parent / written.name)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError) as error:
        raise _refusal(error, path) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settle(path: Path) -> None:
    """On the disk for certain before it gets its name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _refusal(error: Exception, path: Path) -> Unavailable:
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    if full or "No space left" in str(error):
        return Unavailable("The disk is full; %(file)s was not written.", file=path.name)
    return Unavailable(
        "%(file)s could not be written: %(reason)s", file=path.name, reason=str(error)[:200]
    )


def _writer(ending: str) -> Callable[[gpd.GeoDataFrame, Path, str, str | None], None]:
    return {
        ".csv": _write_csv,
        ".xlsx": _write_excel,
        ".parquet": _write_parquet,
        ".geoparquet": _write_parquet,
        ".shp": _write_shapefile,
        ".zip": _write_zipped,
    }.get(ending, _write_features)


def _write_features(frame: gpd.GeoDataFrame, path: Path, name: str, shape: str | None) -> None:
    driver = _DRIVERS[path.suffix.lower()]
    if driver == "LIBKML" and driver not in pyogrio.list_drivers(write=True):
        driver = "KML"  # some builds of GDAL have the plainer of its two writers only
    options: dict[str, Any] = {}
    if driver == "GeoJSON":
        options["RFC7946"] = "NO"
        # 15 decimals bring every double back as it was.
        options["COORDINATE_PRECISION"] = 15
    if driver == "FlatGeobuf" and frame.geometry.isna().any():
        options["SPATIAL_INDEX"] = "NO"  # it cannot hold rows without a place
    if driver != "GPKG":
        frame = _times_as_text(frame)
        _gdal(frame, path, driver=driver, layer=name, geometry_type=shape, **options)
        return
    for start in range(0, max(len(frame), 1), ROWS_AT_ONCE):
        piece = frame.iloc[start : start + ROWS_AT_ONCE]
        _gdal(piece, path, driver=driver, layer=name, geometry_type=shape, append=start > 0)


def _gdal(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> None:
    with warnings.catch_warnings():
        # GDAL tells of names and texts that it had to cut; both are documented.
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame, path, **options)


def _write_shapefile(frame: gpd.GeoDataFrame, path: Path, name: str, shape: str | None) -> None:
    del name
    plain = _times_as_text(frame.rename(columns=SHORT_NAMES))
    for column in plain.columns:
        if plain[column].dtype == bool or isinstance(plain[column].dtype, pd.BooleanDtype):
            plain[column] = plain[column].map({True: "true", False: "false"})
    shape = shape.removeprefix("Multi") if shape else None
    _gdal(plain, path, driver="ESRI Shapefile", geometry_type=shape, encoding="UTF-8")


def _write_zipped(frame: gpd.GeoDataFrame, path: Path, name: str, shape: str | None) -> None:
    inner = path.parent / "inner"
    inner.mkdir()
    _write_shapefile(frame, inner / f"{name}.shp", name, shape)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(inner.iterdir()):
            archive.write(one, one.name)
    shutil.rmtree(inner)


def _write_parquet(frame: gpd.GeoDataFrame, path: Path, name: str, shape: str | None) -> None:
    del name, shape
    frame.to_parquet(path, index=False)


def _write_csv(frame: gpd.GeoDataFrame, path: Path, name: str, shape: str | None) -> None:
    del name, shape
    points = _all_points(frame)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        for start in range(0, max(len(frame), 1), ROWS_AT_ONCE):
            table = _as_table(frame.iloc[start : start + ROWS_AT_ONCE], most=None, points=points)
            if not start:
                out.writerow([harmless(column) for column in table.columns])
            cells = (map(_csv_cell, table[column].tolist()) for column in table.columns)
            out.writerows(zip(*cells, strict=True))


def _csv_cell(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(value)
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _write_excel(frame: gpd.GeoDataFrame, path: Path, name: str, shape: str | None) -> None:
    del shape
    table = _as_table(frame, most=_MOST_CELL)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name[:31])
    sheet.append([harmless(str(column)) for column in table.columns])
    for row in table.itertuples(index=False, name=None):
        cells = [_csv_cell(value) for value in row]
        try:
            sheet.append([_excel_cell(sheet, cell) for cell in cells])
        except IllegalCharacterError:
            clean = ["".join(c for c in x if c >= " ") if isinstance(x, str) else x for x in cells]
            sheet.append([_excel_cell(sheet, cell) for cell in clean])
    # A book that fails to be written while the disk is full would complain once more when freed.
    whole = io.BytesIO()
    book.save(whole)
    path.write_bytes(whole.getbuffer())


def _excel_cell(sheet: Any, value: Any) -> Any:
    """Texts as texts, so that Excel computes none and keeps the zeros of codes."""
    if not isinstance(value, str) or value == "":
        return None if value == "" else value
    cell = WriteOnlyCell(sheet, value=value[:_MOST_CELL])
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def harmless(text: str) -> str:
    """A text that a spreadsheet takes for a text: formula signs get an apostrophe in front."""
    return "'" + text if text.startswith(_FORMULA) else text


def _all_points(frame: gpd.GeoDataFrame) -> bool:
    kinds = shapely.get_type_id(np.asarray(frame.geometry.to_numpy(), dtype=object))
    return bool(((kinds == 0) | (kinds == -1)).all())


def _as_table(
    frame: gpd.GeoDataFrame, *, most: int | None, points: bool | None = None
) -> pd.DataFrame:
    """Without geometry: points as lon and lat; other shapes as WKT if it fits, and a point."""
    table = pd.DataFrame(_times_as_text(frame).drop(columns=frame.geometry.name))
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    if _all_points(frame) if points is None else points:
        table["lon"], table["lat"] = shapely.get_x(shapes), shapely.get_y(shapes)
        return table
    if most is None:
        table["wkt"] = shapely.to_wkt(shapes, rounding_precision=-1)
        return table
    inside = shapely.point_on_surface(shapes)
    table["lon"], table["lat"] = shapely.get_x(inside), shapely.get_y(inside)
    return table


def _times_as_text(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Times as ISO 8601 with their offset, for files that know none."""
    frame = frame.copy()
    for column in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[column].dtype):
            texts = frame[column].map(lambda t: t.isoformat(" ", "seconds"), na_action="ignore")
            frame[column] = texts.astype(object).where(frame[column].notna(), None)
    return frame
