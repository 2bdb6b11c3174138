"""KML and KMZ, read here: which of GDAL's two readers a machine has would decide what is found.

Google Earth's placemarks become rows: ``name``, ``description`` and what ``ExtendedData`` says.
Every folder that holds placemarks of its own is a layer. Links to other files are not followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geodata.errors import InvalidInput, NotFound
from geodata.exchange.choosing import several_layers
from geodata.exchange.source import Chunk, Source

_CONTAINERS = frozenset({"Document", "Folder"})
_ASIDE = ("name", "description")


class KmlSource(Source):
    """One folder of a KML file."""

    def __init__(self, path: Path, filename: str, target: str | None, layer: str | None) -> None:
        super().__init__(path, filename, driver="KML", crs="EPSG:4326", has_geometry=True)
        self._folders = self._read()
        self.layers = list(self._folders)
        if layer is not None and layer not in self._folders:
            raise NotFound(
                "There is no layer %(layer)s in the file; it has %(known)s.",
                layer=layer,
                known=", ".join(self.layers),
            )
        if not self.layers:
            raise InvalidInput("The file %(file)s holds no layer.", file=filename)
        if layer is None and len(self.layers) > 1 and target not in self._folders:
            raise several_layers(filename, self.layers)
        self.layer = layer or (target if target in self._folders else self.layers[0])
        self._rows = self._folders[str(self.layer)]
        self.columns = list(dict.fromkeys(name for said, _shape in self._rows for name in said))
        self.total = len(self._rows)

    def chunks(self, most: int | None = None) -> Iterator[Chunk]:
        """See ``Source.chunks``."""
        rows = self._rows[:most]
        if not rows:
            return
        table = pa.table(
            {
                name: pa.array([said.get(name) for said, _shape in rows], type=pa.string())
                for name in self.columns
            }
        )
        shapes: NDArray[np.object_] = np.empty(len(rows), dtype=object)
        shapes[:] = [shape for _said, shape in rows]
        yield Chunk(np.arange(1, len(rows) + 1, dtype=np.int64), table, shapes)

    def _read(self) -> dict[str, list[tuple[dict[str, str], Any]]]:
        """The placemarks of every folder that has some, or of none at all if there is one."""
        folders: dict[str, list[tuple[dict[str, str], Any]]] = {}
        empty = []
        try:
            root = ET.parse(self.path).getroot()  # noqa: S314 - expat bounds what entities grow to
            for folder in _inside(root):
                marks = [one for one in folder if _tag(one) == "Placemark"]
                name = _free(_text(folder, "name") or self.path.stem, folders)
                if marks:
                    folders[name] = [(_said(one), _shape(one)) for one in marks]
                else:
                    empty.append(name)
        except (ET.ParseError, UnicodeError, LookupError, RecursionError) as error:
            raise InvalidInput(
                "The file %(file)s is broken or of no kind that is read here.", file=self.filename
            ) from error
        return folders or {name: [] for name in empty[-1:]}


def _inside(element: ET.Element) -> Iterator[ET.Element]:
    """All that may hold placemarks, the whole file first."""
    if _tag(element) in _CONTAINERS or _tag(element) == "kml":
        yield element
        for one in element:
            yield from _inside(one)


def _free(name: str, taken: dict[str, Any]) -> str:
    unique, number = name, 2
    while unique in taken:
        unique, number = f"{name} ({number})", number + 1
    return unique


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ET.Element, tag: str) -> str | None:
    for one in element:
        if _tag(one) == tag:
            return (one.text or "").strip() or None
    return None


def _said(mark: ET.Element) -> dict[str, str]:
    """A placemark's attributes; an empty one is not said."""
    said = {name: text for name in _ASIDE if (text := _text(mark, name))}
    for data in (one for part in mark if _tag(part) == "ExtendedData" for one in part.iter()):
        name, kind = data.get("name"), _tag(data)
        text = data.text if kind == "SimpleData" else _text(data, "value")
        if name and kind in {"SimpleData", "Data"} and text and text.strip():
            said.setdefault(name.strip(), text.strip())
    return said


def _shape(element: ET.Element) -> Any:
    """A placemark's geometry, flat; None where it has none that makes sense."""
    try:
        found = [shape for one in element if (shape := _geometry(one)) is not None]
    except (ValueError, IndexError, shapely.errors.GEOSException):
        return None
    return found[0] if found else None


def _geometry(element: ET.Element) -> Any:
    tag = _tag(element)
    if tag == "MultiGeometry":
        parts = [part for one in element if (part := _geometry(one)) is not None]
        kinds = {part.geom_type for part in parts}
        if kinds in ({"Point"}, {"LineString"}, {"Polygon"}):
            together: Any = {
                "Point": shapely.multipoints,
                "LineString": shapely.multilinestrings,
                "Polygon": shapely.multipolygons,
            }[kinds.pop()]
            return together(parts)
        return shapely.geometrycollections(parts) if parts else None
    if tag == "Point":
        return shapely.points(_positions(element)[0])
    if tag == "LineString":
        return shapely.linestrings(_positions(element))
    if tag in {"LinearRing", "Polygon"}:
        outer = [one for one in element if _tag(one) == "outerBoundaryIs"]
        inner = [ring for one in element if _tag(one) == "innerBoundaryIs" for ring in one]
        shell = outer[0][0] if outer and len(outer[0]) else element
        return shapely.Polygon(_positions(shell), [_positions(ring) for ring in inner])
    return None


def _positions(element: ET.Element) -> NDArray[np.float64]:
    """Longitudes and latitudes; heights are left out."""
    words = (_text(element, "coordinates") or "").split()
    return np.array([[float(x) for x in word.split(",")[:2]] for word in words])
