"""Reports from the phone page: taken from anybody, followed by a code, and the ground beneath."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from apiflask import APIBlueprint
from flask import Response, after_this_request, g, request
from pydantic import BaseModel, ConfigDict, Field

from api.devices import known_device, name_device
from api.ogc.answering import MVT
from api.ogc.caching import TileCache
from api.pictures import read_photos
from api.serving import database, profile, settings
from api.signing_in import known_version, open_to_all
from geodata.accounts import Actor
from geodata.accounts.throttling import count_report
from geodata.cases.incoming import snapping
from geodata.cases.incoming.reporting import Taken
from geodata.cases.incoming.snapping import Snap
from geodata.cases.public import following
from geodata.errors import InvalidInput
from geodata.places import ground
from geodata.places.tiling import Tile

blueprint = APIBlueprint("reports", __name__, url_prefix="/api/v1/reports", tag="Reports")

TILE_SECONDS: Final = 3600
_tiles = TileCache(16 * 1024 * 1024)


class SentReport(BaseModel):
    """What became of a report."""

    number: int = Field(description="of the case")
    code: str = Field(description="by which anybody who has it follows the case")
    is_new: bool = Field(description="false: the same report came before, and this is its answer")
    state: str
    inside: bool = Field(description="whether it lies in an area of the city")


class Station(BaseModel):
    """A state that a case came into, and when."""

    state: str
    at: datetime


class FollowedReport(BaseModel):
    """How far a case has come: nothing personal, no text of anybody."""

    number: int
    category: str
    state: str
    closed: bool
    late: bool
    reported_at: datetime
    due_at: datetime | None
    stations: list[Station]
    joined: bool = Field(description="whether it is handled together with others of the same")


class Device(BaseModel):
    """Whether the device has a name now."""

    named: bool


class SpotQuery(BaseModel):
    """A place in WGS 84 degrees."""

    model_config = ConfigDict(extra="forbid")

    lon: float
    lat: float


class SpotAnswer(BaseModel):
    """What a place lies in and on; empty where it lies in none."""

    area: str
    grid: str
    compound: str
    building: str
    street: str
    inside: bool


def _actor() -> Actor:
    """Who asks: an account, or a stranger who may report."""
    actor: Actor | None = g.get("actor")
    return Actor.stranger() if actor is None else actor


@blueprint.post("")
@open_to_all
@blueprint.output(SentReport, status_code=201)
@blueprint.doc(summary="Report from a phone", responses=[400, 401, 403, 413, 429])
def send_report() -> Any:
    """A form with files; the same key again is the same report. Fields: docs/reporting.md."""
    actor = _actor()
    form = {name: request.form.get(name, "") for name in _LONGEST}
    for name, most in _LONGEST.items():
        if len(form[name]) > most:
            raise InvalidInput(
                "The %(field)s has more than %(most)s characters.", field=name, most=most
            )
    earlier = snapping.again(database, actor, profile, form["key"])
    if earlier is not None and not form["done"]:
        return _sent(earlier)
    if actor.user_id is None:
        count_report(database, device=known_device(), address=request.remote_addr or "")
    told = Snap(
        client_key=form["key"],
        category=form["category"],
        source=form["source"],
        text=form["text"],
        lon=_degrees(form["lon"]),
        lat=_degrees(form["lat"]),
        crs=form["crs"] or "wgs84",
        address=form["address"],
        name=form["name"],
        telephone=form["telephone"],
        done=form["done"],
        before=read_photos(request.files.getlist("photo")),
        after=read_photos(request.files.getlist("photo_after")),
    )
    return _sent(snapping.snap(database, actor, profile, told, data_dir=settings.data_dir))


_LONGEST: Final = {
    "key": 64,
    "category": 40,
    "source": 40,
    "text": 4_000,
    "lon": 30,
    "lat": 30,
    "crs": 20,
    "address": 300,
    "name": 100,
    "telephone": 40,
    "done": 2_000,
}


def _degrees(words: str) -> float | None:
    if not words:
        return None
    try:
        return float(words)
    except ValueError:
        raise InvalidInput("The place lies outside the world: give degrees.") from None


def _sent(taken: Taken) -> tuple[dict[str, Any], int]:
    case = taken.case
    answer = {
        "number": case["id"],
        "code": taken.follow_code,
        "is_new": taken.is_new,
        "state": case["state"],
        "inside": case["area_code"] is not None,
    }
    return answer, 201 if taken.is_new else 200


@blueprint.get("/<code>")
@open_to_all
@blueprint.output(FollowedReport)
@blueprint.doc(summary="Follow a report by its code", responses=[404])
def follow_report(code: str) -> Any:
    """How far it has come; no account is needed."""
    return asdict(following.follow(database, profile, code))


@blueprint.get("/spot")
@open_to_all
@blueprint.input(SpotQuery, location="query")
@blueprint.output(SpotAnswer)
@blueprint.doc(summary="What a place lies in", responses=[400, 403])
def get_spot(query_data: SpotQuery) -> Any:
    """Names of the community, grid, compound, building and street; no figures, no people."""
    actor = _actor()
    snapping.check_open(actor, profile)
    level = profile.smallest_level.key
    return asdict(ground.spot(database, actor, query_data.lon, query_data.lat, level=level))


@blueprint.get("/device")
@open_to_all
@blueprint.output(Device)
@blueprint.doc(summary="Be known again as a device", responses=[403])
def get_device() -> Any:
    """Sets a cookie with a random name, so that reports are counted by device."""
    snapping.check_open(_actor(), profile)
    after_this_request(name_device)
    return {"named": True}


@blueprint.get("/ground/<layer>/<int:zoom>/<int:row>/<int:column>")
@open_to_all
@blueprint.doc(summary="The ground as vector tiles", responses=[403, 404])
def get_ground(layer: str, zoom: int, row: int, column: int) -> Response:
    """Streets, buildings, compounds and areas with their names alone (WebMercatorQuad, MVT)."""
    actor = _actor()
    snapping.check_open(actor, profile)
    where = Tile(zoom, row, column)
    ground.check_layer(layer)
    said = f"{database.url}|{layer}|{known_version(layer)}|{where}"
    tag = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
    headers = {
        "Cache-Control": f"private, max-age={TILE_SECONDS}",
        "Vary": "Accept-Encoding, Cookie, Authorization",
        "ETag": f'"{tag}"',
    }
    if request.if_none_match.contains(tag):
        return Response(status=304, headers=headers)
    kept = _tiles.get(tag)
    packed = kept or gzip.compress(ground.ground_tile(database, actor, layer, where), 3, mtime=0)
    if kept is None:
        _tiles.put(tag, packed)
    if request.accept_encodings["gzip"] > 0:
        headers["Content-Encoding"] = "gzip"
        return Response(packed, headers=headers, content_type=MVT)
    return Response(gzip.decompress(packed), headers=headers, content_type=MVT)
