"""Service requests: reported, listed, looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.languages import language
from api.open311 import reading
from api.open311.answering import Form, answer, moment
from api.open311.services import category_of
from api.serving import database, profile, settings
from geodata.cases import filters
from geodata.cases.incoming import neighbours
from geodata.cases.public import reading as public
from geodata.errors import InvalidInput, NotFound
from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from flask import Response

    from geodata.cases.public.reading import PublicCase, Told


def taken(form: Form) -> Response:
    """A report from a neighbouring system."""
    actor = reading.sender()
    code = reading.given("service_code")
    if not code:
        raise InvalidInput("service_code is required.")
    category = category_of(code)
    lon, lat = reading.degrees("long"), reading.degrees("lat")
    address, place = reading.given("address_string"), reading.given("address_id")
    if (lon is None) != (lat is None):
        raise InvalidInput("lat and long come together.")
    if lon is None and not address and not place:
        raise InvalidInput("Say where it is: lat and long, address_string, or address_id.")
    names = (reading.given("first_name"), reading.given("last_name"))
    sent = neighbours.Sent(
        category=category.key,
        lon=lon,
        lat=lat,
        address=address,
        place=place,
        description=reading.given("description"),
        attributes=reading.attributes(),
        link=reading.given("media_url"),
        email=reading.given("email"),
        name=" ".join(name for name in names if name),
        phone=reading.given("phone"),
        photos=reading.photos(),
    )
    done = neighbours.take(database, actor, profile, sent, data_dir=settings.data_dir)
    due = done.case.get("due_at")
    notice = None
    if due is not None:
        day = f"{due.astimezone(profile.zone):%Y-%m-%d %H:%M}"
        notice = translate(_("To be done by %(day)s."), language(), day=day)
    content = {
        "service_request_id": str(done.case["id"]),
        "service_notice": notice,
        "account_id": reading.given("account_id") or None,
    }
    if _extended():
        content["token"] = done.follow_code
    return answer(form, "service_requests", [content], status=201)


def listed(form: Form) -> Response:
    """Requests that meet what is asked, newest first."""
    cases = public.list_public(database, reading.reader(), profile, _wanted(), courses=_extended())
    return answer(form, "service_requests", [_request(case) for case in cases])


def one(identifier: str, form: Form) -> Response:
    """One request; still a list."""
    number = _number(identifier)
    if number is None:
        raise NotFound("There is no case %(number)s.", number=identifier)
    case = public.get_public(database, reading.reader(), profile, number, course=_extended())
    return answer(form, "service_requests", [_request(case)])


def of_token(token: str, form: Form) -> Response:
    """The request that a token stands for."""
    number = public.case_of_code(database, reading.reader(), profile, token)
    content = {"service_request_id": str(number), "token": token}
    return answer(form, "service_requests", [content])


def _wanted() -> public.Wanted:
    identifiers = reading.several("service_request_id")
    if len(identifiers) > public.MOST_ROWS:
        raise InvalidInput("Ask for at most %(most)s numbers at once.", most=public.MOST_ROWS)
    if identifiers:
        found = (_number(identifier) for identifier in identifiers)
        return public.Wanted(numbers=tuple(number for number in found if number is not None))
    statuses = {status.casefold() for status in reading.several("status")}
    if statuses - {"open", "closed"}:
        raise InvalidInput("status is open, closed, or both with a comma between.")
    box = reading.given("bbox")
    return public.Wanted(
        categories=reading.several("service_code"),
        is_open="open" in statuses if len(statuses) == 1 else None,
        since=reading.moment("start_date"),
        until=reading.moment("end_date", end=True),
        changed_since=reading.moment("updated_after"),
        changed_until=reading.moment("updated_before", end=True),
        box=filters.box(box) if box else None,
        page=reading.number("page", default=1),
        size=reading.number("page_size", default=public.MOST_ROWS),
    )


def _number(identifier: str) -> int | None:
    fine = identifier.isascii() and identifier.isdigit() and len(identifier) < 19
    return int(identifier) if fine else None


def _extended() -> bool:
    return reading.given("extensions").casefold() in {"true", "1", "yes"}


def _request(case: PublicCase) -> dict[str, Any]:
    tongue = language()
    agency = case.area
    if case.department in profile.keys("departments"):
        agency = profile.department(case.department).name.read(tongue)
    names = profile.names("categories", tongue)
    request: dict[str, Any] = {
        "service_request_id": str(case.id),
        "status": "open" if case.is_open else "closed",
        "status_notes": _notes(case.state, case.reason or "", tongue),
        "service_name": names.get(case.category, case.category),
        "service_code": case.category,
        "description": case.description or case.title,
        "agency_responsible": agency,
        "service_notice": None,
        "requested_datetime": moment(case.reported_at),
        "updated_datetime": moment(case.updated_at),
        "expected_datetime": moment(case.due_at),
        "address": case.address,
        "address_id": None,
        "zipcode": None,
        "lat": case.lat,
        "long": case.lon,
        "media_url": None,
    }
    if _extended():
        request["extended_attributes"] = {"state": case.state, "area": case.area}
        request["notes"] = [_note(told, tongue) for told in case.course]
    return request


def _notes(state: str, reason: str, tongue: str) -> str:
    """How far it has come, in the city's words, and what was said to the public."""
    name = profile.names("states", tongue).get(state, state)
    return name if not reason else f"{name}{': ' if tongue == 'en' else '：'}{reason}"


def _note(told: Told, tongue: str) -> dict[str, Any]:
    return {
        "datetime": moment(told.at),
        "description": _notes(told.state, told.reason, tongue),
        "type": told.state,
    }
