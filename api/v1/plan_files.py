"""Drafts out of files: a look first, then a draft."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self, cast

from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from flask import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from werkzeug.datastructures import FileStorage

from api import uploads
from api.languages import language
from api.serving import database, profile, settings
from api.signing_in import current_actor
from api.v1.jobs import shown
from api.v1.plan_bodies import Plan
from geodata.accounts import Actor, record, require
from geodata.crs import title
from geodata.database import jobs
from geodata.errors import InvalidInput
from geodata.words import sentence as _
from geodata.words import translate

AT_ONCE_BYTES: Final = 1_000_000
"""A larger file is opened by a job: its polygons may take many seconds."""
blueprint = APIBlueprint("plan_files", __name__, url_prefix="/api/v1/plans", tag="Plans")


class NetFileForm(BaseModel):
    """A file of polygons, and how it is to be read."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile | None = Field(default=None, description="polygons in any file GDAL reads")
    upload: str | None = Field(
        default=None, max_length=80, description="instead of a file: `upload` of an earlier look"
    )
    filename: str | None = Field(default=None, max_length=200, description="what it is called")
    crs: str | None = Field(
        default=None, max_length=40, description="gcj02, bd09, wgs84, EPSG:n; absent: the file's"
    )
    layer_name: str | None = Field(
        default=None, max_length=200, description="layer, sheet or file inside an archive"
    )

    @field_validator("crs", "layer_name", "upload", "filename", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: Any) -> Any:
        if isinstance(value, str) and "\x00" in value:
            raise InvalidInput("One of the values is too large, or holds a sign that no text has.")
        return None if value == "" else value

    @model_validator(mode="after")
    def _one_file(self) -> Self:
        if (self.file is None) == (self.upload is None):
            raise ValueError("send either a file or the upload of its preview")
        return self


class DraftFileForm(NetFileForm):
    """A file of polygons, and the draft that is opened from it."""

    name: str = Field(min_length=1, max_length=100)
    area: str = Field(
        min_length=1, max_length=40, description="code of a community or of an area above it"
    )

    @field_validator("name", "area", mode="before")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        if isinstance(value, str) and "\x00" in value:
            raise InvalidInput("One of the values is too large, or holds a sign that no text has.")
        return value


class NetFileArea(BaseModel):
    """An area, and how much of the file's net lies in it."""

    code: str
    name: str
    polygons: int
    share: float = Field(description="of the net's ground, 0 to 1")


class NetFileGuess(BaseModel):
    """A reading of the coordinates that fits better to what stands here."""

    crs: str
    before_m: float
    after_m: float
    by: str
    message: str


class NetFileSeen(BaseModel):
    """What a file of polygons holds; nothing is kept but the file, for a day."""

    upload: str = Field(description="so that the file need not be sent again")
    filename: str
    polygons: int
    skipped: int = Field(description="rows without a polygon")
    broken: int = Field(description="polygons whose border crosses itself")
    crs: str = Field(description="how its coordinates were read")
    declared: bool
    guess: NetFileGuess | None
    areas: list[NetFileArea] = Field(description="where it lies; the first fits best")
    features: dict[str, Any] = Field(description="the polygons as GeoJSON in WGS 84, simplified")


@blueprint.post("/files")
@blueprint.input(NetFileForm, location="form_and_files")
@blueprint.output(NetFileSeen)
@blueprint.doc(summary="Look at a file that a draft may be opened from", responses=[400, 401, 403])
def look(form_and_files_data: NetFileForm) -> Any:
    """Its polygons, how its coordinates are read, and the areas that it lies in."""
    from geodata.exchange import drafts_in  # noqa: PLC0415 - seconds to load

    actor = current_actor()
    require(actor, "draw_plan")
    form = form_and_files_data
    path = _stored(form, actor)
    name = _called(form)
    with uploads.taken(path):
        seen = drafts_in.look(
            database,
            actor,
            path,
            filename=name,
            crs=form.crs,
            layer_name=form.layer_name,
            most_bytes=uploads.most_bytes(),
        )
    found = drafts_in.as_json(seen)
    if seen.guess is not None:
        words = _(
            "The net lies some %(before)s m off what stands here, but only %(after)s m if its "
            "coordinates are %(crs)s."
        )
        params = {**seen.guess.params, "crs": title(seen.guess.crs)}
        found["guess"]["message"] = translate(words, language(), **params)
    return {"upload": path.name, **found, "filename": name}


@blueprint.post("/from_file")
@blueprint.input(DraftFileForm, location="form_and_files")
@blueprint.output(Plan, status_code=201)
@blueprint.doc(summary="Open a draft from a file", responses=[202, 400, 401, 403, 404])
def open_from_file(form_and_files_data: DraftFileForm) -> Any:
    """Its polygons become the grids; `report` names what was mended. Large files: by a job."""
    from geodata.exchange import drafts_in  # noqa: PLC0415 - seconds to load

    actor = current_actor()
    require(actor, "draw_plan")
    form = form_and_files_data
    path = _stored(form, actor)
    if path.stat().st_size > AT_ONCE_BYTES:
        return _by_a_job(form, path, actor)
    draft = drafts_in.open_from_file(
        database,
        actor,
        profile,
        path,
        name=form.name,
        area=form.area,
        filename=_called(form),
        crs=form.crs,
        layer_name=form.layer_name,
        most_bytes=uploads.most_bytes(),
    )
    path.unlink(missing_ok=True)
    return asdict(draft), 201, {"ETag": f'"{draft.revision}"'}


def _by_a_job(form: DraftFileForm, path: Path, actor: Actor) -> Response:
    """Ask for the draft as long work."""
    arguments = {
        **form.model_dump(include={"name", "area", "crs", "layer_name"}),
        "filename": _called(form),
        "path": str(path),
        "profile": settings.profile,
        "most_bytes": uploads.most_bytes(),
    }
    asked_by = {"user_id": actor.user_id, "language": language()}
    with uploads.taken(path), database.begin() as tx:
        require(actor, "draw_plan", area_codes=[form.area], connection=tx.connection)
        number = jobs.submit_within(
            tx, "draft_file", arguments, actor=asked_by, asked_by=actor.user_id
        )
        record(tx, actor, "draft_asked", f"jobs/{number}", area=form.area, filename=_called(form))
    body = shown(jobs.job(database, number)).model_dump_json()
    answer = Response(body, 202, mimetype="application/json")
    answer.headers["Location"] = f"/api/v1/jobs/{number}"
    return answer


def _stored(form: NetFileForm, actor: Actor) -> Path:
    """Where the file is: sent now, or for an earlier look."""
    if form.upload is not None:
        return uploads.find(form.upload, actor)
    return uploads.keep(cast("FileStorage", form.file), actor)


def _called(form: NetFileForm) -> str:
    """What the user calls the file."""
    sent = form.file.filename if form.file is not None else None
    return uploads.filename(form.filename or sent or form.upload)
