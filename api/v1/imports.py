"""Files in: first a look, then a job."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, Self, cast

import orjson
from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from werkzeug.datastructures import FileStorage

from api import uploads
from api.languages import language
from api.serving import database, settings
from api.signing_in import current_actor
from api.v1.jobs import Job, shown
from geodata.accounts import Actor, record
from geodata.database import jobs
from geodata.exchange.wishes import Wish, require_import

blueprint = APIBlueprint("imports", __name__, url_prefix="/api/v1", tag="Files")

Layer = Literal[
    "areas", "grids", "compounds", "buildings", "facilities", "streets", "gates", "cases", "rooms"
]


def _object(text: Any) -> Any:
    """A JSON object in a form's field."""
    if not isinstance(text, str):
        return text
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        raise ValueError("is no JSON") from error
    return value


class ImportForm(BaseModel):
    """A file, and what the user says about it."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile | None = Field(default=None, description="any file GDAL reads, CSV, Excel")
    upload: str | None = Field(
        default=None, max_length=80, description="instead of a file: `upload` of its preview"
    )
    filename: str | None = Field(default=None, max_length=200, description="what it is called")
    layer: Layer
    crs: str | None = Field(
        default=None, max_length=40, description="gcj02, bd09, wgs84, EPSG:n; absent: the file's"
    )
    mapping: dict[str, str] = Field(
        default={}, description="JSON object: column by field; an empty column leaves it out"
    )
    values: dict[str, str] = Field(
        default={}, description="JSON object: value by field, for every row"
    )
    layer_name: str | None = Field(
        default=None, max_length=200, description="layer, sheet or file inside an archive"
    )

    @field_validator("mapping", "values", mode="before")
    @classmethod
    def _read_objects(cls, value: Any) -> Any:
        return _object(value)

    @field_validator("crs", "layer_name", "upload", "filename", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _one_file(self) -> Self:
        if (self.file is None) == (self.upload is None):
            raise ValueError("send either a file or the upload of its preview")
        return self


class ImportRequest(ImportForm):
    """A file, and how it is to be taken in."""

    skip_bad: bool = Field(default=False, description="take the good rows of a file with bad ones")
    replace: bool = Field(default=False, description="end what the file does not have")
    dry_run: bool = Field(default=False, description="do everything, store nothing")
    since: date | None = Field(default=None, description="the day from which it holds")
    attribution: str = Field(default="", max_length=200, description="shown on the maps")

    @field_validator("since", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None


WISH: Final = frozenset(Wish.__dataclass_fields__) - {"filename"}


class Preview(BaseModel):
    """What a file looks like before anything is stored."""

    model_config = ConfigDict(extra="allow")

    upload: str = Field(description="goes into POST /imports, so that it need not be sent again")
    filename: str


def _stored(form: ImportForm, actor: Actor) -> Path:
    """Where the file is: sent now, or for its preview."""
    if form.upload is not None:
        return uploads.find(form.upload, actor)
    return uploads.keep(cast("FileStorage", form.file), actor)


def _called(form: ImportForm) -> str:
    """What the user calls the file."""
    sent = form.file.filename if form.file is not None else None
    return uploads.filename(form.filename or sent or form.upload)


@blueprint.post("/imports/preview")
@blueprint.input(ImportForm, location="form_and_files")
@blueprint.output(Preview)
@blueprint.doc(summary="Look at a file before it is imported")
def look(form_and_files_data: ImportForm) -> Preview:
    """Its layers and columns, which column would be which field, where it would lie."""
    from geodata.exchange.previewing import preview  # noqa: PLC0415 - seconds to load

    actor = current_actor()
    form = form_and_files_data
    require_import(actor, form.layer)
    path = _stored(form, actor)
    name = _called(form)
    with uploads.taken(path):
        seen = preview(
            database,
            actor,
            form.layer,
            path,
            most_bytes=uploads.most_bytes(),
            filename=name,
            crs=form.crs,
            mapping=form.mapping,
            layer_name=form.layer_name,
        )
    return Preview(upload=path.name, **{**seen.as_dict(language()), "filename": name})


@blueprint.post("/imports")
@blueprint.input(ImportRequest, location="form_and_files")
@blueprint.output(Job, status_code=202)
@blueprint.doc(summary="Import a file")
def take(form_and_files_data: ImportRequest) -> tuple[Job, int, dict[str, str]]:
    """A job takes it in, whole or not at all; GET /jobs/{id} says how far it is."""
    actor = current_actor()
    form = form_and_files_data
    require_import(actor, form.layer)
    path = _stored(form, actor)
    wish = form.model_dump(include=set(WISH), mode="json")
    name = _called(form)
    arguments = {
        **wish,
        "layer": form.layer,
        "filename": name,
        "path": str(path),
        "profile": settings.profile,
        "most_bytes": uploads.most_bytes(),
    }
    asked_by = {"user_id": actor.user_id, "language": language()}
    with uploads.taken(path), database.begin() as tx:
        number = jobs.submit_within(tx, "import", arguments, actor=asked_by, asked_by=actor.user_id)
        record(tx, actor, "import_asked", form.layer, filename=name, job=number)
    location = {"Location": f"/api/v1/jobs/{number}"}
    return shown(jobs.job(database, number)), 202, location
