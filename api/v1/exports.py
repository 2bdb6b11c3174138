"""Files out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.serving import database, profile, settings
from api.signing_in import current_actor
from geodata.exchange.wishes import parse_at

blueprint = APIBlueprint("exports", __name__, url_prefix="/api/v1", tag="Files")

MEDIA_TYPES: Final = {
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "shp": "application/zip",
    "kml": "application/vnd.google-earth.kml+xml",
    "fgb": "application/flatgeobuf",
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PIECE: Final = 1 << 18

Format = Literal["geojson", "gpkg", "shp", "kml", "fgb", "parquet", "csv", "xlsx"]


class Wanted(BaseModel):
    """In which form, of which day."""

    model_config = ConfigDict(extra="forbid")

    lang: Literal["zh", "en"] | None = Field(default=None, description="language of messages")
    format: Format = Field(default="geojson", description="shp: a zipped Shapefile")
    at: str | None = Field(
        default=None, max_length=40, description="of the end of this day, or of this instant"
    )

    @field_validator("at")
    @classmethod
    def _a_moment(cls, value: str | None) -> str | None:
        parse_at(value)
        return value


_FILE: Final[dict[int | str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in dict.fromkeys(MEDIA_TYPES.values())
        },
    }
}


@blueprint.get("/exports/<layer>")
@blueprint.input(Wanted, location="query")
@blueprint.doc(summary="Export a layer", responses=_FILE)
def export(layer: str, query_data: Wanted) -> Response:
    """The whole layer as a file; personal columns of cases only for who may see them."""
    from geodata.exchange.exporting import export_layer  # noqa: PLC0415 - seconds to load

    wanted = query_data.format
    # A Shapefile is several files, sent as one archive.
    ending = "zip" if wanted == "shp" else wanted
    folder = Path(tempfile.mkdtemp(prefix="export-", dir=room()))
    try:
        path = folder / f"{_plain(layer)}.{ending}"
        export_layer(
            database, current_actor(), layer, path, at=parse_at(query_data.at), profile=profile
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    answer = Response(pieces(path), mimetype=MEDIA_TYPES[wanted])
    answer.call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
    answer.content_length = path.stat().st_size
    answer.headers["Content-Disposition"] = f"attachment; filename={path.name}"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _plain(layer: str) -> str:
    """A file name of a layer's name; an unknown layer is refused by who knows them all."""
    return "".join(sign for sign in layer if sign.isascii() and sign.isalnum())[:40] or "layer"


def room() -> Path:
    """Where exports are written before they are sent."""
    path = settings.data_dir / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def pieces(path: Path) -> Iterator[bytes]:
    """A file, piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
