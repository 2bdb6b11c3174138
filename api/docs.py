"""The description of ``/api/v1`` in the reader's language: for programs, and as one page.

The page needs nothing from outside and no JavaScript.
"""

from __future__ import annotations

from typing import Any, Final, cast

from apiflask import APIFlask
from flask import Blueprint, Response, current_app, jsonify, render_template

from api.description import described
from api.languages import language

blueprint = Blueprint("docs", __name__, template_folder="templates")

METHODS: Final = ("get", "post", "put", "patch", "delete")


def _resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with the reference at its top followed."""
    while "$ref" in schema:
        part: Any = spec
        for name in schema["$ref"].removeprefix("#/").split("/"):
            part = part[name]
        schema = part
    return schema


def _kind(schema: dict[str, Any]) -> str:
    """What a value is, in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    kind = str(schema.get("type", ""))
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _fields(spec: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The members of an object."""
    found = _resolved(spec, schema)
    required = found.get("required", ())
    return [
        {
            "name": name,
            "kind": _kind(member),
            "required": name in required,
            "words": member.get("description", ""),
        }
        for name, member in found.get("properties", {}).items()
    ]


def _operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """All calls with what they take and give."""
    found = []
    for path, item in spec["paths"].items():
        for method in METHODS:
            operation = item.get(method)
            if operation is None:
                continue
            bodies = operation.get("requestBody", {}).get("content", {})
            good: tuple[str, dict[str, Any]] = next(
                ((code, one) for code, one in operation["responses"].items() if code[0] == "2"),
                ("", {}),
            )
            found.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "tag": (operation.get("tags") or [""])[0],
                    "summary": operation.get("summary", ""),
                    "words": operation.get("description", ""),
                    "parameters": [
                        {
                            "name": one["name"],
                            "kind": _kind(one.get("schema", {})),
                            "required": one.get("required", False),
                            "words": one.get("description", ""),
                        }
                        for one in operation.get("parameters", [])
                    ],
                    "takes": [
                        (kind, _fields(spec, body.get("schema", {})))
                        for kind, body in bodies.items()
                    ],
                    "status": good[0],
                    "gives": [
                        (kind, _fields(spec, body.get("schema", {})))
                        for kind, body in good[1].get("content", {}).items()
                    ],
                }
            )
    return found


def _spec() -> dict[str, Any]:
    return described(cast("APIFlask", current_app), language())


@blueprint.get("/api/openapi.json")
def openapi() -> Response:
    """For programs."""
    answer = jsonify(_spec())
    answer.headers["Content-Language"] = language()
    answer.headers["Vary"] = "Cookie, Authorization"
    return answer


@blueprint.get("/api/docs")
def docs() -> str:
    """The page."""
    spec = _spec()
    return render_template(
        "api_docs.html", spec=spec, operations=_operations(spec), language=language()
    )
