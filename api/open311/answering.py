"""One answer, as XML or JSON: the same tree in both (the "Spark convention").

In JSON the outermost list stands bare. In XML each list has the name of its member around each
of its entries; nothing is an empty element. Signs that XML has no place for are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, cast
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson
from flask import Response, request

from api.serving import profile

Form = Literal["xml", "json"]

MEDIA_TYPES: Final = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
MEMBERS: Final = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
}
"""What an entry of each list is called."""
# XML 1.0, section 2.2: what is no character.
_NO_CHARACTER: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def answer(form: Form, name: str, content: Any, *, status: int = 200) -> Response:
    """``content`` under the root ``name``: a mapping, or a list of mappings."""
    if form == "json":
        body = orjson.dumps(_plain(content))
    else:
        root = Element(name)
        _fill(root, name, content)
        body = tostring(root, encoding="utf-8", xml_declaration=True)
    response = Response(body, status=status, content_type=MEDIA_TYPES[form])
    response.headers["Cache-Control"] = "no-store" if request.method == "POST" else "no-cache"
    return response


def wished_form() -> Form:
    """The form of the answer: what the address ends in, else XML."""
    ending = request.path.rpartition(".")[2]
    return cast("Form", ending) if ending in MEDIA_TYPES else "xml"


def moment(value: datetime | None) -> str | None:
    """A time as the W3C writes it, in the city's zone."""
    return None if value is None else value.astimezone(profile.zone).isoformat(timespec="seconds")


def _plain(content: Any) -> Any:
    if isinstance(content, str):
        return _NO_CHARACTER.sub("", content)
    if isinstance(content, Mapping):
        return {name: _plain(value) for name, value in content.items()}
    if isinstance(content, Sequence):
        return [_plain(value) for value in content]
    return content


def _fill(element: Element, name: str, content: Any) -> None:
    if isinstance(content, Mapping):
        for key, value in content.items():
            _fill(SubElement(element, key), key, value)
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for entry in content:
            member = MEMBERS[name]
            _fill(SubElement(element, member), member, entry)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    elif content is not None:
        element.text = _NO_CHARACTER.sub("", str(content))
