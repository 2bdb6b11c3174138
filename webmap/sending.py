"""The map as one file over HTTP: how large it gets, and the file itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from flask import Blueprint, Response, current_app, jsonify, request

from geodata.cases.filters import CaseFilter, hours, instant, moment
from geodata.cases.map.plotting import MOST
from geodata.errors import InvalidInput, SignInNeeded
from webmap.mapfile import CASES, DEFAULT_LAYERS, Weights, Wish, file_name, map_file
from webmap.pages import actor, joined, language

if TYPE_CHECKING:
    from geodata.accounts import Actor

blueprint = Blueprint("sending", __name__)

LONGEST = 2_000
"""Signs of one value in the address."""


@blueprint.get("/planner/map.html")
def one_file() -> Response:
    """The map as one file, to be kept and sent."""
    person = _person()
    here = joined()
    wish = wish_of(request.args)
    document = map_file(here.database, person, here.profile, wish)
    name = quote(file_name(wish.title, language()))
    return Response(
        document,
        mimetype="text/html; charset=utf-8",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
        },
    )


@blueprint.get("/planner/map/weight")
def weight() -> Response:
    """How large the file would be, part by part, in bytes."""
    person = _person()
    here = joined()
    weights = cast("Weights", current_app.extensions.setdefault("wangge-weights", Weights()))
    found = weights.weigh(here.database, person, here.profile, wish_of(request.args))
    return jsonify(asdict(found) | {"most": MOST})


def wish_of(query: Any) -> Wish:
    """What an address asks for; the conditions on cases are named as in ``/api/v1/cases``.

    Raises:
        InvalidInput: a value that makes no sense.
    """
    here = joined()
    text = {name: _plain(name, value) for name, value in query.items()}
    at = text.get("at", "")
    minutes = text.get("minutes", "")
    layers = _several(text["layers"]) if "layers" in text else DEFAULT_LAYERS
    return Wish(
        layers=layers,
        at=instant(at, here.profile.timezone) if at else None,
        minutes=_number(minutes) if minutes else None,
        cases=_cases(text) if CASES in layers else CaseFilter(),
        title=text.get("title", ""),
        language=language(),
        approval=here.settings.map_approval,
        view=_view(text.get("view", "")),
    )


def _cases(text: dict[str, str]) -> CaseFilter:
    zone = joined().profile.timezone
    since, until = text.get("from", ""), text.get("to", "")
    during = text.get("hours", "")
    return CaseFilter(
        categories=_several(text.get("category", "")),
        sources=_several(text.get("source", "")),
        states=_several(text.get("state", "")),
        overdue=True if text.get("overdue") == "true" else None,
        areas=_several(text.get("area", "")),
        since=moment(since, zone) if since else None,
        until=moment(until, zone, end=True) if until else None,
        hours=hours(during) if during else None,
    )


def _person() -> Actor:
    person = actor()
    if person is None:
        raise SignInNeeded("Sign in first.")
    return person


def _plain(name: str, value: str) -> str:
    if len(value) > LONGEST or any(ord(sign) < 32 for sign in value):
        raise InvalidInput("%(name)s holds what cannot be meant.", name=name)
    return value


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("Minutes are a number.") from None


def _view(text: str) -> tuple[float, float, float] | None:
    """Zoom, latitude, longitude, as the address bar holds them; None if it does not."""
    try:
        zoom, lat, lon = text.split("/")
        found = float(zoom), float(lat), float(lon)
    except ValueError:
        return None
    return found if 0 <= found[0] <= 22 and abs(found[1]) <= 90 and abs(found[2]) <= 180 else None
