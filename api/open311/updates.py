"""Service request updates, as FixMyStreet has them: what became of cases, and news of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.languages import language
from api.open311 import reading
from api.open311.answering import Form, answer, moment
from api.serving import database, profile
from geodata.cases.incoming import neighbours
from geodata.cases.public import reading as public
from geodata.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from flask import Response

    from geodata.cases.public.reading import Told


def listed(form: Form) -> Response:
    """Changes of state in a period, the oldest first."""
    found = public.list_updates(
        database,
        reading.reader(),
        profile,
        since=reading.moment("start_date"),
        until=reading.moment("end_date", end=True),
        page=reading.number("page", default=1),
        size=reading.number("page_size", default=public.MOST_ROWS),
    )
    return answer(form, "service_request_updates", [_update(told) for told in found])


def taken(form: Form) -> Response:
    """News of a case; its state is changed by nobody but our own people."""
    actor = reading.sender()
    identifier = reading.given("service_request_id")
    for name in ("service_request_id", "update_id", "status", "description"):
        if not reading.given(name):
            raise InvalidInput("%(name)s is required.", name=name)
    if not (identifier.isascii() and identifier.isdigit() and len(identifier) < 19):
        raise NotFound("There is no case %(number)s.", number=identifier)
    news = neighbours.News(
        number=reading.given("update_id"),
        status=reading.given("status"),
        description=reading.given("description"),
        at=reading.moment("updated_datetime"),
        link=reading.given("media_url"),
        code=reading.given("external_status_code"),
    )
    entry = neighbours.tell(database, actor, int(identifier), news)
    return answer(form, "service_request_updates", [{"update_id": str(entry)}], status=201)


def _update(told: Told) -> dict[str, Any]:
    tongue = language()
    name = profile.names("states", tongue).get(told.state, told.state)
    return {
        "update_id": str(told.id),
        "service_request_id": str(told.case_id),
        "status": "OPEN" if told.is_open else "CLOSED",
        "updated_datetime": moment(told.at),
        "description": told.reason or name,
        "media_url": None,
        "external_status_code": told.state,
    }
