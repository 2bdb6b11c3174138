"""The description of ``/api/v1`` (OpenAPI), made true where APIFlask only guesses.

Every refusal of this system is a problem (RFC 9457), so each operation's refusals are described
as one; and each operation says how one signs in. What it says is written once, in English, where
the code is (docstrings, fields); ``described`` gives it in any language of the one catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from apiflask import APIFlask

from geodata.words import translate

PROBLEM: Final = {
    "type": "object",
    "description": "What went wrong (RFC 9457)",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "stable: /problems/not-found, …"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "in the user's language"},
        "instance": {"type": "string", "description": "the request's number in the log"},
        "params": {"type": "object", "description": "the values in `detail`"},
        "fields": {
            "type": "object",
            "description": "what is wrong with each field",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
_REFUSALS: Final = {
    "400": "The request makes no sense",
    "401": "Sign in first",
    "403": "Not allowed, or a write by cookie without its X-CSRF-Token",
    "404": "There is no such thing",
    "default": "Any other refusal",
}
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "POST /api/v1/tokens"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "wangge_session",
        "description": "POST /api/v1/login; writes need the header X-CSRF-Token",
    },
}


def _refusal(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
    }


def _mend(spec: dict[str, Any]) -> dict[str, Any]:
    """What every operation has in common."""
    components = spec.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for guessed in ("ValidationError", "HTTPError"):
        schemas.pop(guessed, None)
    components["securitySchemes"] = SCHEMES
    spec["tags"] = list({tag["name"]: tag for tag in spec.get("tags", [])}.values())
    for path in spec.get("paths", {}).values():
        for method, operation in path.items():
            if method in _METHODS:
                operation["responses"].update(
                    {status: _refusal(words) for status, words in _REFUSALS.items()}
                )
                operation.setdefault("security", [{"token": []}, {"session": []}])
    return spec


SAID: Final = frozenset({"summary", "description"})
"""The members that people read."""
NAMED: Final = frozenset(
    {"properties", "schemas", "paths", "responses", "headers", "securitySchemes", "parameters"}
)
"""Objects whose members have names of ours: a property may be called ``description``."""
KEPT: Final = frozenset({"example", "examples", "default", "enum", "const"})
"""Values, not words."""


def described(app: APIFlask, language: str) -> dict[str, Any]:
    """The description in a language; do not change it."""
    known = app.extensions.setdefault("wangge-description", {})
    if language not in known:
        english = cast("dict[str, Any]", app.spec)
        spec = _in_words(english, language)
        for tag in spec["tags"]:
            tag["name"] = translate(tag["name"], language)
        for item in spec["paths"].values():
            for method, operation in item.items():
                if method in _METHODS and "tags" in operation:
                    operation["tags"] = [translate(tag, language) for tag in operation["tags"]]
        known[language] = spec
    return cast("dict[str, Any]", known[language])


def sentences(spec: dict[str, Any]) -> Iterator[str]:
    """All that a description says to people."""
    yield from (tag["name"] for tag in spec["tags"])
    yield from _said(spec)


def _said(part: Any, *, named: bool = False) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _said(one)
    elif isinstance(part, dict):
        for name, value in part.items():
            if named:
                yield from _said(value)
            elif name in SAID and isinstance(value, str):
                yield value
            elif name not in KEPT:
                yield from _said(value, named=name in NAMED)


def _in_words(part: Any, language: str, *, named: bool = False) -> Any:
    if isinstance(part, list):
        return [_in_words(one, language) for one in part]
    if not isinstance(part, dict):
        return part
    if named:
        return {name: _in_words(value, language) for name, value in part.items()}
    return {
        name: translate(value, language)
        if name in SAID and isinstance(value, str)
        else value
        if name in KEPT
        else _in_words(value, language, named=name in NAMED)
        for name, value in part.items()
    }


def join(app: APIFlask) -> None:
    """Describe ``app``."""
    app.config["AUTO_OPERATION_ID"] = True
    app.config["AUTO_404_RESPONSE"] = False
    app.config["AUTO_VALIDATION_ERROR_RESPONSE"] = False
    app.config["DESCRIPTION"] = (
        "Places, cases and long work of a district. Coordinates are longitude, latitude in "
        "WGS 84 unless a call says otherwise; times are ISO 8601 with a zone."
    )
    app.spec_processor(cast("Any", _mend))
