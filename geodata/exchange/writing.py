"""Rows as a file, by its ending; a file that is there is whole.

Everything is written beside the target under a name of its own and put in place at the end, so a
full disk, a stop or a fault in the middle leaves nothing half written. Rows pass through in
batches: a layer need not fit into memory.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import pyproj

from geodata.errors import InvalidInput, Unavailable
from geodata.exchange.excel_out import MOST_ROWS as MOST_EXCEL_ROWS
from geodata.exchange.excel_out import write_excel
from geodata.exchange.outgoing import (
    PLACE,
    Outgoing,
    marked_times,
    of_frame,
    times_as_text,
    truth_as_text,
)
from geodata.exchange.tables_out import write_csv

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
    # GDAL's other writer of KML, LIBKML, holds the whole file in memory and not all builds have it.
    ".kml": "KML",
    ".fgb": "FlatGeobuf",
}
ENDINGS = (*_DRIVERS, ".shp", ".zip", ".parquet", ".geoparquet", ".csv", ".xlsx")


def write_frame(frame: gpd.GeoDataFrame, path: Path, *, name: str) -> None:
    """Write a frame, in its own coordinate system; see ``write_rows``."""
    with place_for(path) as part:
        write_rows(of_frame(frame), part, name=name)


@contextmanager
def place_for(path: Path) -> Iterator[Path]:
    """Where to write what shall be ``path``: put in place if the block ends well, else gone.

    Other files of that folder, such as the parts of a Shapefile, come along; its folders do not.

    Raises:
        InvalidInput: An ending that is not written, or no such folder.
        Unavailable: The disk is full or does not let us write.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InvalidInput(
            "Files ending in %(ending)s are not written; use one of %(known)s.",
            ending=ending or path.name,
            known=" ".join(ENDINGS),
        )
    if not path.parent.is_dir():
        raise InvalidInput("There is no folder %(folder)s.", folder=str(path.parent))
    try:
        folder = Path(tempfile.mkdtemp(prefix=".wangge-export-", dir=path.parent))
    except OSError as error:
        raise _refusal(error, path) from error
    try:
        yield folder / path.name
        parts = sorted(one for one in folder.iterdir() if one.is_file())
        for written in parts:
            _settle(written)
        for written in parts:
            written.replace(path.parent / written.name)
    except (OSError, *_FAULTS) as error:
        raise _refusal(error, path) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_FAULTS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pa.ArrowException,
)


def refuse_too_many(path: Path, count: int) -> None:
    """Let pass what the kind of file has room for.

    Raises:
        InvalidInput: It has not.
    """
    if path.suffix.lower() == ".xlsx" and count > MOST_EXCEL_ROWS:
        raise InvalidInput(
            "An Excel sheet holds at most %(most)s rows, and these are more; "
            "export as .csv or .gpkg.",
            most=MOST_EXCEL_ROWS,
        )


def write_rows(rows: Outgoing, path: Path, *, name: str) -> None:
    """Write rows to a file of the kind that its ending says, inside a ``place_for``.

    Args:
        rows: What to write; times with a zone are written with it where the kind of file can.
        path: ``.gpkg .geojson .json .shp .zip`` (a zipped Shapefile) ``.kml .fgb .parquet .csv
            .xlsx``.
        name: Of the layer inside.

    Raises:
        InvalidInput: More rows than Excel takes.
    """
    refuse_too_many(path, rows.count)
    _writer(path.suffix.lower())(rows, path, name)


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


def _writer(ending: str) -> Callable[[Outgoing, Path, str], None]:
    return {
        ".csv": write_csv,
        ".xlsx": write_excel,
        ".parquet": _write_parquet,
        ".geoparquet": _write_parquet,
        ".shp": _write_shapefile,
        ".zip": _write_zipped,
    }.get(ending, _write_features)


def _write_features(rows: Outgoing, path: Path, name: str) -> None:
    driver = _DRIVERS[path.suffix.lower()]
    options: dict[str, Any] = {}
    if driver == "GeoJSON":
        options["RFC7946"] = "NO"
        # 15 decimals bring every double back as it was.
        options["COORDINATE_PRECISION"] = 15
    if driver == "FlatGeobuf" and rows.placeless:
        options["SPATIAL_INDEX"] = "NO"  # it cannot hold rows without a place
    plain = rows.changed(marked_times if driver == "GPKG" else times_as_text)
    _gdal(plain, path, driver=driver, layer=name, geometry_type=rows.shape, **options)


@dataclass
class _Watched:
    """Batches for GDAL, which forgets what kind of error ended them."""

    error: BaseException | None = None

    def over(self, batches: Any) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except BaseException as error:
            self.error = error
            raise


def _gdal(rows: Outgoing, path: Path, **options: Any) -> None:
    watched = _Watched()
    stream = pa.RecordBatchReader.from_batches(rows.schema, watched.over(rows.batches))
    with warnings.catch_warnings():
        # GDAL tells of names and texts that it had to cut; both are documented.
        warnings.simplefilter("ignore")
        try:
            pyogrio.write_arrow(stream, path, geometry_name=PLACE, crs=rows.crs, **options)
        except Exception:
            if watched.error is not None:
                raise watched.error from None
            raise


def _write_shapefile(rows: Outgoing, path: Path, name: str) -> None:
    del name

    def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
        names = [SHORT_NAMES.get(one, one) for one in batch.schema.names]
        return truth_as_text(times_as_text(batch)).rename_columns(names)

    shape = rows.shape.removeprefix("Multi") if "Point" not in rows.shape else rows.shape
    _gdal(rows.changed(plain), path, driver="ESRI Shapefile", geometry_type=shape, encoding="UTF-8")


def _write_zipped(rows: Outgoing, path: Path, name: str) -> None:
    inner = path.parent / "inner"
    inner.mkdir()
    _write_shapefile(rows, inner / f"{name}.shp", name)
    # The attribute table is mostly blanks: packing it tighter takes long and saves little.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for one in sorted(inner.iterdir()):
            archive.write(one, one.name)
    shutil.rmtree(inner)


def _write_parquet(rows: Outgoing, path: Path, name: str) -> None:
    """GeoParquet 1.0."""
    del name
    column = {
        "encoding": "WKB",
        "geometry_types": [] if rows.shape == "Unknown" else [rows.shape],
        "crs": pyproj.CRS(rows.crs).to_json_dict() if rows.crs is not None else None,
    }
    geo = {"version": "1.0.0", "primary_column": PLACE, "columns": {PLACE: column}}
    # How pandas shall read whole numbers and truth values of which some are absent.
    frame = rows.schema.empty_table().to_pandas(types_mapper=_NULLABLE.get)
    said = pa.Schema.from_pandas(frame, preserve_index=False).metadata or {}
    schema = rows.schema.with_metadata({**said, b"geo": orjson.dumps(geo)})
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for batch in rows.batches:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
