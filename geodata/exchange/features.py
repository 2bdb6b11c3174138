"""Feature files through GDAL, and GeoParquet."""

# ruff: noqa: SIM905 - words in a row read better than quoted one by one

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pyogrio
import pyproj
import shapely

from geodata.errors import InvalidInput, NotFound
from geodata.exchange.choosing import several_layers
from geodata.exchange.source import Chunk, Source
from geodata.words import sentence as _

ROWS_AT_ONCE = 200_000

VECTOR_ENDINGS = frozenset(
    ".gpkg .geojson .json .geojsonl .geojsons .topojson .shp .dbf .fgb .dxf .pbf .osm "
    ".gdb .gml .gpx .tab .mif .sqlite .db .gmt .dgn .csvt .jml .mapml".split()
)
# GDAL has drivers that read whatever other file or address a small file names (VRT, WFS, …).
# Only those that read what they are given are let in.
_DRIVERS = frozenset(
    (
        "GPKG|GeoJSON|GeoJSONSeq|ESRIJSON|TopoJSON|JSONFG|ESRI Shapefile|FlatGeobuf|DXF"
        "|OSM|OpenFileGDB|GML|GPX|MapInfo File|SQLite|OGR_GMT|DGN|JML|MapML|GeoRSS"
    ).split("|")
)
_INDIRECT = (b"<OGRVRTDataSource", b"<VRTDataset", b"gdal_streamed_alg", b"<OGRWFSDataSource")

pyogrio.set_gdal_config_options(
    {
        "GML_DOWNLOAD_SCHEMA": "NO",
        "GML_SKIP_RESOLVE_ELEMS": "ALL",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_HTTP_TIMEOUT": "1",
        "OGR_SQLITE_LOAD_EXTENSIONS": None,
        "OGR_INTERLEAVED_READING": "YES",
    }
)

# Which layer and which rows of an OSM extract are meant.
_OSM = {
    "streets": ("lines", "highway IS NOT NULL"),
    "ways": (
        "lines",
        "highway IS NOT NULL OR railway = 'rail' OR waterway IN ('river', 'canal')",
    ),
    "buildings": ("multipolygons", "building IS NOT NULL"),
    "compounds": ("multipolygons", "landuse = 'residential'"),
    "areas": ("multipolygons", "boundary = 'administrative'"),
    "grids": ("multipolygons", ""),
    "facilities": ("points", "name IS NOT NULL"),
    "gates": ("points", "barrier IN ('gate', 'entrance', 'swing_gate', 'lift_gate')"),
    "cases": ("points", ""),
}
_OF_POLYGONS = frozenset({"areas", "buildings", "compounds", "grids"})
_OSM_TAGS = (
    "oneway", "oneway:foot", "bridge", "tunnel", "layer", "foot", "access", "amenity",
    "building:levels", "opening_hours",
)  # fmt: skip


class FeatureSource(Source):
    """One layer of a file that GDAL reads."""

    def __init__(self, path: Path, filename: str, target: str | None, layer: str | None) -> None:
        super().__init__(path, filename)
        _refuse_indirect(path, filename)
        self._where: str | None = None
        self._encoding: str | None = None
        with self._reading():
            layers = pyogrio.list_layers(path)
            self.layers = [str(name) for name in layers[:, 0]]
            self.layer = self._choose(layers, target, layer)
            if path.suffix.lower() in {".shp", ".dbf"}:
                self._encoding = _dbf_encoding(path)
            info = pyogrio.read_info(path, layer=self.layer, encoding=self._encoding)
        self.driver = str(info.get("driver") or "")
        if self.driver not in _DRIVERS:
            raise InvalidInput("The file %(file)s is of no kind that is read here.", file=filename)
        self.columns = [str(name) for name in info["fields"]]
        self.has_geometry = info["geometry_type"] is not None
        self.crs = plain_crs(info["crs"]) if info["crs"] else None
        features = int(info["features"]) if info.get("features") is not None else -1
        self.total = features if features >= 0 else None
        if self.driver == "OSM":
            self.columns += [tag for tag in _OSM_TAGS if tag not in self.columns]
        if self._encoding and self._encoding != "UTF-8":
            self.findings.add("encoding", "note", _("The text was read as GBK."))

    def _choose(self, layers: Any, target: str | None, wanted: str | None) -> str:
        if wanted is not None:
            if wanted not in self.layers:
                raise NotFound(
                    "There is no layer %(layer)s in the file; it has %(known)s.",
                    layer=wanted,
                    known=", ".join(self.layers),
                )
            return wanted
        if not self.layers:
            raise InvalidInput("The file %(file)s holds no layer.", file=self.filename)
        ending = self.path.suffix.lower()
        if ending in {".pbf", ".osm"} and target in _OSM:
            name, where = _OSM[target]
            self._where = where or None
            return name
        spatial = [str(name) for name, shape in layers if shape is not None]
        if ending == ".gpx":
            spatial = [name for name in spatial if name in {"waypoints", "tracks", "routes"}]
        if target in spatial:
            return str(target)
        if target in _OF_POLYGONS:
            ground = [str(name) for name, shape in layers if "Polygon" in str(shape)]
            spatial = ground if len(ground) == 1 else spatial
        choice = spatial or self.layers
        if len(choice) == 1:
            return choice[0]
        raise several_layers(self.filename, choice)

    def _reading(self) -> _Reading:
        return _Reading(self)

    def chunks(self, most: int | None = None) -> Iterator[Chunk]:
        """See ``Source.chunks``."""
        with self._reading():
            table, geometry = self._read(most)
        if self.driver == "OSM":
            table = _with_osm_tags(table)
            self.columns = table.column_names
        # A table without columns has forgotten how many rows it had.
        count = table.num_rows if geometry is None else len(geometry)
        table = _plain_types(table)
        for start in range(0, count, ROWS_AT_ONCE):
            end = min(start + ROWS_AT_ONCE, count)
            yield Chunk(
                np.arange(start + 1, end + 1, dtype=np.int64),
                table[start:end],
                geometry[start:end] if geometry is not None else None,
                share=end / count,
            )

    def _read(self, most: int | None) -> tuple[pa.Table, Any]:
        said: dict[str, Any] = {
            "layer": self.layer,
            "encoding": self._encoding,
            "where": self._where,
            "max_features": most,
            "datetime_as_string": True,
        }
        if self.driver == "FlatGeobuf":
            # GDAL 3.12 cannot give features without geometry of such a file as Arrow.
            meta, _, wkb, columns = pyogrio.raw.read(self.path, **said)
            arrays = [pa.array(column, from_pandas=True) for column in columns]
            table = pa.table(dict(zip(meta["fields"], arrays, strict=True)))
            return table, _shapes(pa.array(wkb, type=pa.binary()), self.filename)
        meta, table = pyogrio.read_arrow(self.path, **said)
        name = meta["geometry_name"] or "wkb_geometry"
        if not self.has_geometry or name not in table.column_names:
            return table, None
        return table.drop_columns([name]), _shapes(table[name], self.filename)


class ParquetSource(Source):
    """GeoParquet, or plain Parquet with longitude and latitude columns."""

    def __init__(self, path: Path, filename: str) -> None:
        super().__init__(path, filename, driver="Parquet")
        try:
            self._file = pyarrow.parquet.ParquetFile(path)
            schema = self._file.schema_arrow
        except (pa.ArrowException, OSError) as error:
            raise InvalidInput("The file %(file)s is broken.", file=filename) from error
        self.total = self._file.metadata.num_rows
        self.has_geometry = b"geo" in (schema.metadata or {})
        self.columns = list(schema.names)
        self._frame: gpd.GeoDataFrame | None = None
        if self.has_geometry:
            try:
                self._frame = gpd.read_parquet(path)
            except (ValueError, pa.ArrowException, shapely.errors.GEOSException) as error:
                raise InvalidInput("The file %(file)s is broken.", file=filename) from error
            self.columns = [c for c in self._frame.columns if c != self._frame.geometry.name]
            self.crs = plain_crs(self._frame.crs) if self._frame.crs is not None else None

    def chunks(self, most: int | None = None) -> Iterator[Chunk]:
        """See ``Source.chunks``."""
        if self._frame is not None:
            frame = self._frame if most is None else self._frame.head(most)
            geometry = np.asarray(frame.geometry.to_numpy(), dtype=object)
            attributes = frame.drop(columns=frame.geometry.name)
            table = pa.Table.from_pandas(attributes, preserve_index=False)
            if not table.num_columns:
                table = pa.table({"row": pa.array(range(1, len(frame) + 1))})
            yield Chunk(np.arange(1, len(frame) + 1), _plain_types(table), geometry)
            return
        read = 0
        for batch in self._file.iter_batches(ROWS_AT_ONCE):
            table = _plain_types(pa.Table.from_batches([batch]))
            table = table if most is None else table[: most - read]
            rows = np.arange(read + 1, read + 1 + len(table), dtype=np.int64)
            read += len(table)
            yield Chunk(rows, table, share=read / max(self.total or 1, 1))
            if read == most:
                return

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


_BROKEN = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.FieldError,
    pyogrio.errors.FeatureError,
    pa.ArrowException,
    UnicodeDecodeError,
)


class _Reading:
    """What GDAL warns of becomes findings, what it raises one refusal."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._caught = warnings.catch_warnings(record=True)
        # Said to the whole process, other readers of Shapefiles would suffer from it.
        path = source.path
        self._restores = path.suffix.lower() == ".shp" and _beside(path, ".shx") is None

    def __enter__(self) -> None:
        if self._restores:
            pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
        self._log = self._caught.__enter__()
        warnings.simplefilter("always")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._restores:
            pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})
        self._caught.__exit__(kind, error, trace)
        for text in dict.fromkeys(str(one.message) for one in self._log or ()):
            if "driver" in text.lower() and "not" in text.lower():
                continue
            self._source.findings.add(
                "reader", "note", _("The file's reader says: %(text)s"), text=text[:300]
            )
        if isinstance(error, _BROKEN):
            raise InvalidInput(
                "The file %(file)s is broken or of no kind that is read here.",
                file=self._source.filename,
            ) from error


def plain_crs(crs: Any) -> str:
    """``EPSG:n`` where the system has a code, else its WKT."""
    known = pyproj.CRS.from_user_input(crs)
    code = known.to_epsg(min_confidence=60)
    return f"EPSG:{code}" if code else known.to_wkt()


def _refuse_indirect(path: Path, filename: str) -> None:
    if not path.is_file():
        return
    with path.open("rb") as file:
        head = file.read(4096)
    if any(mark in head for mark in _INDIRECT):
        raise InvalidInput("The file %(file)s is of no kind that is read here.", file=filename)


def _dbf_encoding(path: Path) -> str | None:
    """The encoding of a Shapefile's attribute table if what it says about it is missing or wrong.

    Many Chinese systems write GBK and no .cpg file, or a .cpg file that says UTF-8.
    """
    table = _beside(path, ".dbf")
    if table is None:
        return None
    with table.open("rb") as file:
        content = file.read(16 * 2**20)
    if content.isascii():
        return None
    # The head has binary numbers; the names of the columns start at 32, 32 bytes each.
    length = int.from_bytes(content[8:10], "little")
    names = b"".join(content[k : k + 11] for k in range(32, max(length - 1, 32), 32))
    text = names.replace(b"\0", b" ") + content[length:].replace(b"\0", b" ")
    if text.isascii():
        return None
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(text) - 4:
            stated = _beside(path, ".cpg")
            says = stated.read_text("ascii", "ignore").strip().upper() if stated else ""
            known = says and "UTF" not in says and says not in {"ISO-8859-1", "ISO88591", "ANSI"}
            return None if known else "GB18030"
    return "UTF-8"


def _beside(path: Path, ending: str) -> Path | None:
    for one in path.parent.iterdir():
        if one.stem == path.stem and one.suffix.lower() == ending:
            return one
    return None


def _shapes(column: Any, filename: str) -> Any:
    try:
        return shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="fix")
    except shapely.errors.GEOSException as error:
        raise InvalidInput("The file %(file)s is broken.", file=filename) from error


def _with_osm_tags(table: pa.Table) -> pa.Table:
    """The few tags that we use out of OSM's bag of others, and one identifier for each feature."""
    tags = table["other_tags"] if "other_tags" in table.column_names else None
    for tag in _OSM_TAGS:
        if tags is None or tag in table.column_names:
            continue
        pattern = '"' + re.escape(tag) + r'"=>"(?P<v>[^"]*)"'
        table = table.append_column(tag, pc.struct_field(pc.extract_regex(tags, pattern), "v"))
    if "osm_way_id" in table.column_names:
        way = pc.binary_join_element_wise("w", table["osm_way_id"], "")
        relation = pc.binary_join_element_wise("r", table["osm_id"], "")
        key = pc.coalesce(way, relation)
        table = table.drop_columns(["osm_way_id"]).set_column(0, "osm_id", key)
    return table


def _plain_types(table: pa.Table) -> pa.Table:
    """Large and dictionary strings as plain ones; bytes, lists and structs as their text."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type  # noqa: PLW2901
        if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            columns[name] = column.cast(pa.string())
        elif pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            texts = [None if v is None else str(v) for v in column.to_pylist()]
            columns[name] = pa.chunked_array([pa.array(texts, type=pa.string())])
        else:
            columns[name] = column
    return pa.table(columns)
