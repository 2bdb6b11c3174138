"""The description of ``/api/v1`` (OpenAPI), made true where APIFlask only guesses.

Every refusal of this system is a problem (RFC 9457), so each operation's refusals are described
as one; and each operation says how one signs in.
"""

from __future__ import annotations

from typing import Any, Final, cast

from apiflask import APIFlask

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
    for path in spec.get("paths", {}).values():
        for method, operation in path.items():
            if method in _METHODS:
                operation["responses"].update(
                    {status: _refusal(words) for status, words in _REFUSALS.items()}
                )
                operation.setdefault("security", [{"token": []}, {"session": []}])
    return spec


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
