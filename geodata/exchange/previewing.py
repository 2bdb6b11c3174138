"""A look at a file before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from geodata.accounts import Actor
from geodata.database import Database
from geodata.errors import InvalidInput
from geodata.exchange.coordinates import find_placing, geometries
from geodata.exchange.fields import SHAPES, fields_of
from geodata.exchange.findings import Finding, weightiest
from geodata.exchange.guessing import guess_shift
from geodata.exchange.mapping import map_columns
from geodata.exchange.reading import MOST_BYTES, open_source
from geodata.exchange.values import texts
from geodata.exchange.wishes import require_import

_ROWS_READ = 5_000
_ROWS_SHOWN = 10
_SHAPES_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file holds and how it would be read.

    ``columns`` have ``name``, ``samples`` and, if mapped, ``field`` and ``confidence``. ``bbox``
    and ``features`` (GeoJSON) are WGS 84 as the file would be read now. ``rows`` is None where
    the file does not say.
    """

    layer: str
    filename: str
    driver: str
    layers: list[str]
    layer_name: str | None
    rows: int | None
    columns: list[dict[str, Any]]
    fields: list[str]
    crs: str
    crs_reason: str
    guess: dict[str, Any] | None
    bbox: list[float] | None
    features: dict[str, Any]
    findings: list[Finding]

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """JSON for the API."""
        answer = {name: getattr(self, name) for name in self.__slots__}
        answer["findings"] = [one.as_dict(language) for one in self.findings]
        return answer


def preview(  # noqa: PLR0913 - what a form asks
    database: Database,
    actor: Actor,
    layer: str,
    path: str | Path,
    *,
    crs: str | None = None,
    mapping: dict[str, str] | None = None,
    layer_name: str | None = None,
    filename: str | None = None,
    most_bytes: int = MOST_BYTES,
) -> Preview:
    """Look at a file's first rows; stores nothing.

    Raises:
        InvalidInput: The file cannot be read, or what is said about it makes no sense.
        NotAllowed: The role may not import into this layer.
        NotFound: No such layer.
    """
    require_import(actor, layer)
    fields = [field.name for field in fields_of(layer)]
    with open_source(
        path, target=layer, layer=layer_name, filename=filename, most_bytes=most_bytes
    ) as source:
        chunk = next(source.chunks(_ROWS_READ), None)
        if chunk is None or not len(chunk):
            raise InvalidInput("The file %(file)s holds no rows.", file=source.filename)
        mapped = map_columns(
            layer, chunk.table.column_names, said=mapping, has_geometry=chunk.geometry is not None
        )
        found = source.findings
        placing = find_placing(source, chunk, mapped, declared=crs, found=found)
        shapes = geometries(chunk, mapped, placing, found)
        with database.read() as connection:
            guess = guess_shift(connection, layer, shapes, placing)
        if guess is not None:
            found.add("shifted", "note", guess.message, **guess.params)
        return Preview(
            layer=layer,
            filename=source.filename,
            driver=source.driver,
            layers=source.layers,
            layer_name=source.layer,
            rows=source.total,
            columns=_columns(chunk.table, mapped),
            fields=fields,
            crs=placing.crs,
            crs_reason=placing.reason,
            guess=None if guess is None else guess.as_dict(),
            bbox=_bbox(shapes),
            features=_features(shapes, chunk.table, mapped),
            findings=weightiest(found, 100),
        )


def _columns(table: Any, mapped: Any) -> list[dict[str, Any]]:
    by_column = {match.column: match for match in (mapped.fields | mapped.places).values()}
    answer = []
    for name in table.column_names:
        match = by_column.get(name)
        answer.append(
            {
                "name": name,
                "samples": texts(table[name][:_ROWS_SHOWN]).to_pylist(),
                "field": match.field if match else None,
                "confidence": min(match.confidence, 1.0) if match else None,
            }
        )
    return answer


def _sound(shapes: Any) -> Any:
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        return np.isfinite(bounds).all(axis=1) & (np.abs(bounds) <= 180).all(axis=1)


def _bbox(shapes: Any) -> list[float] | None:
    sound = _sound(shapes)
    return shapely.total_bounds(shapes[sound]).tolist() if sound.any() else None


def _features(shapes: Any, table: Any, mapped: Any) -> dict[str, Any]:
    which = np.flatnonzero(_sound(shapes))[:_SHAPES_SHOWN]
    name = mapped.column("name") or mapped.column("code")
    names = texts(table[name]).to_pylist() if name else [None] * len(shapes)
    bounds = shapely.total_bounds(shapes[which]) if len(which) else np.zeros(4)
    hair = float(max(bounds[2] - bounds[0], bounds[3] - bounds[1])) / 2000
    simple = shapely.simplify(shapes[which], hair)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": orjson.loads(shapely.to_geojson(shape)),
                "properties": {"name": names[k]},
            }
            for k, shape in zip(which.tolist(), simple, strict=True)
        ],
    }


__all__ = ["SHAPES", "Preview", "preview"]
