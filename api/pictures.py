"""Photos that come with a request, and photos as answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from flask import Response, request

from api.serving import profile
from geodata.cases.photos import Photo, adding, read
from geodata.cases.photos.reading import MOST_BYTES
from geodata.errors import TooLarge

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

KEPT_SECONDS: Final = 3600

View = TypeVar("View", bound=Callable[..., Any])


def read_photos(files: Sequence[FileStorage]) -> tuple[Photo, ...]:
    """The photos of a form; their names and the kinds that they claim do not matter.

    Raises:
        TooLarge: One has too many bytes or pixels.
        InvalidInput: Too many, or one that is none.
    """
    sent = [file for file in files if file.filename or file.content_length]
    adding.check_number(sent)
    return tuple(read(_content(file), zone=profile.zone) for file in sent)


def _content(file: FileStorage) -> bytes:
    content = file.stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TooLarge("The photo is larger than %(limit)s MB.", limit=MOST_BYTES // 1_000_000)
    return content


def nothing_but_a_picture(view: View) -> View:
    """Mark a view whose answers may load and run nothing, wherever they are opened."""
    view.talisman_view_options = {  # type: ignore[attr-defined]
        "content_security_policy": {"default-src": "'none'", "sandbox": ""},
        "content_security_policy_nonce_in": [],
    }
    return view


def picture_answer(content: bytes, digest: str, *, size: str) -> Response:
    """A JPEG that a browser shows as a picture and as nothing else, kept by itself alone."""
    tag = f"{digest[:32]}-{size}"
    if request.if_none_match.contains(tag):
        response = Response(status=304)
    else:
        response = Response(content, mimetype="image/jpeg")
        response.headers["Content-Disposition"] = f'inline; filename="{digest[:12]}.jpg"'
    response.set_etag(tag)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    response.headers["Vary"] = "Cookie, Authorization"
    return response
