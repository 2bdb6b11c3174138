"""Any file as chunks of rows: what GDAL reads, GeoParquet, CSV and Excel, zipped or not.

``open_source`` looks at a file and names what is in it; nothing is read into memory before
``Source.chunks``. Archives are unpacked into a folder that lives as long as the ``with`` block.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geodata.errors import InvalidInput, NotFound, TooLarge, Unavailable, WanggeError
from geodata.exchange.choosing import several_layers
from geodata.exchange.features import VECTOR_ENDINGS, FeatureSource, ParquetSource
from geodata.exchange.kml import KmlSource
from geodata.exchange.source import Source
from geodata.exchange.tabular import CsvSource, ExcelSource
from geodata.exchange.unpacking import check_zip, gunzip, unzip

MOST_BYTES = 8 * 2**30

TABLE_ENDINGS = frozenset({".csv", ".tsv", ".txt", ".tab_separated"})
EXCEL_ENDINGS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
PARQUET_ENDINGS = frozenset({".parquet", ".geoparquet", ".pq"})
_KNOWN = TABLE_ENDINGS | EXCEL_ENDINGS | PARQUET_ENDINGS | VECTOR_ENDINGS | {".kml"}


@contextmanager
def open_source(
    path: str | os.PathLike[str],
    *,
    target: str | None = None,
    layer: str | None = None,
    filename: str | None = None,
    most_bytes: int = MOST_BYTES,
) -> Iterator[Source]:
    """What is in a file, ready to be read in chunks.

    Args:
        path: The file, or a FileGDB folder.
        target: Our layer that it is meant for: decides between several layers of an OSM file.
        layer: The layer or sheet wanted, or the file's name inside a zip archive.
        filename: What the user calls it, if ``path`` is a temporary name.
        most_bytes: How large it may be, also once unpacked.

    Raises:
        NotFound: No such file, or no such layer in it.
        InvalidInput: Empty, broken, nothing readable in it, or several layers to choose from.
        TooLarge: Beyond ``most_bytes``, or an archive that unpacks to an absurd size.
        Unavailable: The disk is full while unpacking.
    """
    path = Path(path)
    name = Path(filename).name if filename else path.name
    if not path.exists():
        raise NotFound("There is no file %(file)s.", file=name)
    if path.is_file():
        size = path.stat().st_size
        if size == 0:
            raise InvalidInput("The file %(file)s is empty.", file=name)
        if size > most_bytes:
            raise TooLarge("The file %(file)s is too large.", file=name)
    folder = Path(tempfile.mkdtemp(prefix="wangge-import-"))
    try:
        found, layer = _unpacked(path, Path(name).suffix.lower(), folder, layer, most_bytes)
        source = _source(found, name, target, layer, most_bytes)
        with source:
            yield source
    except WanggeError as error:
        if error.params.get("file") != path.name or path.name == name:
            raise
        raise type(error)(error.message, **{**error.params, "file": name}) from error
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise Unavailable("The disk is full; %(file)s was not read.", file=name) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpacked(
    path: Path, ending: str, folder: Path, layer: str | None, most_bytes: int
) -> tuple[Path, str | None]:
    """The file to read, out of an archive if it is one; and the layer still to choose in it."""
    if path.is_file() and ending in {".gz", ".gzip"}:
        inside = gunzip(path, folder, most_bytes=most_bytes)
        return inside, layer
    zipped = path.is_file() and zipfile.is_zipfile(path)
    if not (ending in {".zip", ".kmz"} or (zipped and ending not in _KNOWN)):
        return path, layer
    unzip(path, folder, most_bytes=most_bytes)
    candidates = _candidates(folder)
    if not candidates:
        raise InvalidInput(
            "There is nothing readable in the zip file %(file)s; it needs one of %(kinds)s.",
            file=path.name,
            kinds="GPKG, GeoJSON, Shapefile, KML, FlatGeobuf, GeoParquet, CSV, Excel",
        )
    if len(candidates) > 1 and layer:
        named = [one for one in candidates if layer in {one.stem, one.name}]
        if named:
            return named[0], None
    if len(candidates) > 1:
        raise several_layers(path.name, [one.stem for one in candidates])
    return candidates[0], layer


def _candidates(folder: Path) -> list[Path]:
    """What can be read in an unpacked archive; the side files of Shapefiles and MapInfo left."""
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        for one in [f for f in folders if f.lower().endswith(".gdb")]:
            found.append(Path(place, one))
            folders.remove(one)
        found += [Path(place, one) for one in files if Path(one).suffix.lower() in _KNOWN]
    strong = [one for one in found if one.suffix.lower() not in TABLE_ENDINGS | {".dbf"}]
    return sorted(strong or found)


def _source(
    path: Path, name: str, target: str | None, layer: str | None, most_bytes: int
) -> Source:
    ending = path.suffix.lower() or Path(name).suffix.lower()
    if ending in TABLE_ENDINGS:
        return CsvSource(path, name)
    if ending in EXCEL_ENDINGS:
        if zipfile.is_zipfile(path):
            check_zip(path, most_bytes=most_bytes)
        return ExcelSource(path, name, layer)
    if ending in PARQUET_ENDINGS:
        return ParquetSource(path, name)
    if ending == ".kml":
        return KmlSource(path, name, target, layer)
    return FeatureSource(path, name, target, layer)
