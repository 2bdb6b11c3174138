"""What the tests of Open311 ask with, and what the specification says of answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from sqlalchemy import text

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from geodata.database import Database

V2 = "/open311/v2"
PLACE = {"lat": "35.05", "long": "118.35"}
Key = Callable[[str], str]
W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)")
"""https://www.w3.org/TR/NOTE-datetime, with seconds and a zone."""


def text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def time_or_none(value: Any) -> bool:
    return value is None or bool(W3C.fullmatch(value))


def degrees_or_none(value: Any) -> bool:
    return value is None or isinstance(value, float)


def list_of(shape: dict[str, Any]) -> Any:
    return lambda value: isinstance(value, list) and all(fits(one, shape) for one in value)


def fits(value: Any, shape: dict[str, Any]) -> bool:
    """Exactly the members of ``shape``, each as it says."""
    assert isinstance(value, dict), value
    assert set(value) == set(shape), set(value) ^ set(shape)
    for name, check in shape.items():
        one = value[name]
        fine = one in check if isinstance(check, tuple) else check(one)
        assert fine, (name, one)
    return True


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


SERVICE = {
    "service_code": is_text,
    "service_name": is_text,
    "description": is_text,
    "metadata": lambda value: isinstance(value, bool),
    "type": ("realtime", "batch", "blackbox"),
    "keywords": lambda value: isinstance(value, str),
    "group": text_or_none,
}
VALUE = {"key": is_text, "name": is_text}
ATTRIBUTE = {
    "variable": lambda value: isinstance(value, bool),
    "code": is_text,
    "datatype": ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"),
    "required": lambda value: isinstance(value, bool),
    "datatype_description": text_or_none,
    "order": lambda value: isinstance(value, int) and value > 0,
    "description": is_text,
    "values": list_of(VALUE),
}
DEFINITION = {"service_code": is_text, "attributes": list_of(ATTRIBUTE)}
TAKEN = {
    "service_request_id": lambda value: isinstance(value, str) and value.isdigit(),
    "service_notice": text_or_none,
    "account_id": text_or_none,
}
TOKEN = {"service_request_id": is_text, "token": is_text}
REQUEST = {
    "service_request_id": lambda value: isinstance(value, str) and value.isdigit(),
    "status": ("open", "closed"),
    "status_notes": text_or_none,
    "service_name": is_text,
    "service_code": is_text,
    "description": text_or_none,
    "agency_responsible": text_or_none,
    "service_notice": text_or_none,
    "requested_datetime": time_or_none,
    "updated_datetime": time_or_none,
    "expected_datetime": time_or_none,
    "address": text_or_none,
    "address_id": text_or_none,
    "zipcode": text_or_none,
    "lat": degrees_or_none,
    "long": degrees_or_none,
    "media_url": text_or_none,
}
NOTE = {"datetime": time_or_none, "description": is_text, "type": is_text}
UPDATE = {
    "update_id": is_text,
    "service_request_id": is_text,
    "status": ("OPEN", "CLOSED"),
    "updated_datetime": time_or_none,
    "description": is_text,
    "media_url": text_or_none,
    "external_status_code": is_text,
}
ERROR = {"code": ("400", "403", "404"), "description": is_text}
ENDPOINT = {
    "specification": ("http://wiki.open311.org/GeoReport_v2",),
    "url": lambda value: value.endswith("/open311/v2"),
    "changeset": time_or_none,
    "type": ("production", "test"),
    "formats": lambda value: value == ["text/xml", "application/json"],
}
DISCOVERY = {
    "changeset": time_or_none,
    "contact": is_text,
    "key_service": is_text,
    "endpoints": list_of(ENDPOINT),
}

# The name of the root, and of an entry of each list.
ROOTS = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
}
MEMBERS = {
    **ROOTS,
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
}


def from_xml(root: ET.Element) -> Any:
    """The tree as JSON would say it, all values as texts, nothing as None."""
    if root.tag in MEMBERS:
        assert {child.tag for child in root} <= {MEMBERS[root.tag]}
        return [from_xml(child) for child in root]
    if len(root):
        names = [child.tag for child in root]
        assert len(names) == len(set(names))
        return {child.tag: from_xml(child) for child in root}
    return root.text


def as_texts(value: Any) -> Any:
    """A JSON answer with its values as XML writes them."""
    if isinstance(value, dict):
        return {name: as_texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_texts(one) for one in value]
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None or value == "" else str(value)


def xml_of(answer: TestResponse) -> ET.Element:
    assert answer.content_type == "text/xml; charset=utf-8"
    assert answer.data.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    return ET.fromstring(answer.data)  # noqa: S314 - our own


def json_of(answer: TestResponse) -> Any:
    assert answer.content_type == "application/json; charset=utf-8"
    return answer.get_json()


def asked_both_ways(client: FlaskClient, address: str, root: str, **query: Any) -> Any:
    """The JSON answer, after XML was found to say the same."""
    plain = client.get(f"/open311/{address}.json", query_string=query)
    marked = client.get(f"/open311/{address}.xml", query_string=query)
    assert plain.status_code == marked.status_code
    tree = xml_of(marked)
    assert tree.tag == root
    found = json_of(plain)
    assert from_xml(tree) == as_texts(found)
    return found


def one(database: Database, query: str, **values: Any) -> Any:
    """The one row of a query."""
    with database.read() as connection:
        return connection.execute(text(query), values).one()
