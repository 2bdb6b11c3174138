"""Photos of a case, before and after."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from api.looking import Looking
from api.pictures import nothing_but_a_picture, picture_answer, read_photos
from api.serving import database, settings
from api.signing_in import current_actor
from geodata.accounts import require
from geodata.cases.photos import adding, showing
from geodata.cases.photos.keeping import Album
from geodata.errors import InvalidInput

blueprint = APIBlueprint("photos", __name__, url_prefix="/api/v1/cases", tag="Cases")


class ShownPhoto(BaseModel):
    """A photo, and what its camera wrote into it before that was removed."""

    id: int
    step_id: int | None = Field(description="the entry among the steps that it came with")
    phase: Literal["before", "after"]
    width: int
    height: int
    bytes: int
    taken_at: datetime | None = Field(description="by the camera's clock; null: it did not say")
    added_at: datetime
    lon: float | None = Field(
        description="where the camera says it was; phones sold in China may mean GCJ-02,"
        " up to 600 m from WGS 84"
    )
    lat: float | None


class ShownPhotos(BaseModel):
    """The photos of a case; who may not see them is told how many there are."""

    personal: bool = Field(description="whether the reader may see them")
    before: int
    after: int
    photos: list[ShownPhoto]


class AddedPhotos(BaseModel):
    """The case as it is now, and the numbers of its new photos."""

    case: dict[str, Any]
    photos: list[int]


class PhotoForm(BaseModel):
    """Beside the files, which are parts named `photo`."""

    model_config = ConfigDict(extra="ignore")

    phase: Literal["before", "after"]


@blueprint.get("/<int:number>/photos")
@blueprint.input(Looking, location="query")
@blueprint.output(ShownPhotos)
@blueprint.doc(summary="The photos of a case", responses=[400, 401, 403, 404])
def list_photos(number: int, query_data: Looking) -> Any:
    """The first first. Photos may show faces and number plates: they are personal."""
    return showing.list_photos(database, query_data.actor(), number)


@blueprint.post("/<int:number>/photos")
@blueprint.output(AddedPhotos, status_code=201)
@blueprint.doc(summary="Add photos to a case", responses=[400, 401, 403, 404, 413])
def add_photos(number: int) -> Any:
    """A form with `phase` (before or after) and files named `photo`: JPEG, PNG or WebP."""
    actor = current_actor()
    require(actor, "handle_case")
    phase = request.form.get("phase", "")
    if phase not in {"before", "after"}:
        raise InvalidInput("Say whether the photo shows it before or after.")
    album = Album(settings.data_dir, read_photos(request.files.getlist("photo")))
    kind: adding.Phase = "before" if phase == "before" else "after"
    added = adding.add_photos(database, actor, number, phase=kind, album=album)
    return {"case": added.case, "photos": list(added.photos)}


def _picture(number: int, photo: int, size: Literal["picture", "thumb"]) -> Response:
    content, digest = showing.show_photo(
        database, current_actor(), settings.data_dir, number, photo, size=size
    )
    return picture_answer(content, digest, size=size)


@blueprint.get("/<int:number>/photos/<int:photo>")
@nothing_but_a_picture
@blueprint.doc(summary="One photo as JPEG", responses=[401, 403, 404])
def get_photo(number: int, photo: int) -> Response:
    """At most 2,048 pixels a side; each sight of it is entered in the audit trail."""
    return _picture(number, photo, "picture")


@blueprint.get("/<int:number>/photos/<int:photo>/thumb")
@nothing_but_a_picture
@blueprint.doc(summary="One photo as a small JPEG", responses=[401, 403, 404])
def get_thumb(number: int, photo: int) -> Response:
    """At most 320 pixels a side; each sight of it is entered in the audit trail."""
    return _picture(number, photo, "thumb")
