"""The pages of figures that people take away: the whistle's report, the day and the week."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal

from flask import Blueprint, request

from geodata.cases.reviews.reviewing import last_day
from geodata.cases.reviews.reviewing import review as read_review
from geodata.cases.reviews.sheets import document
from geodata.errors import InvalidInput, NotFound, SignInNeeded
from geodata.places.choosing import choices
from geodata.sheets import shown
from webmap.pages import actor, joined, language, show

blueprint = Blueprint("reviewing", __name__)


@blueprint.get("/whistles")
def whistles() -> str:
    """Departments called by whistle: what runs, and how they come.

    Raises:
        NotFound: the city calls no departments.
    """
    here = joined()
    person = actor()
    if not here.profile.departments:
        raise NotFound("This city calls no departments: list them in its profile.")
    areas = [] if person is None else choices(here.database, person)
    return show(
        "whistles.html",
        page="whistles",
        module="wangge/modes/whistles.js",
        areas=areas,
        data={
            "timezone": here.profile.timezone,
            "departments": [
                {"key": one.key, "name": one.name.model_dump()} for one in here.profile.departments
            ],
            "categories": [
                {"key": one.key, "name": one.name.model_dump()} for one in here.profile.categories
            ],
            "whistle": here.profile.whistle.model_dump(),
            "areas": [asdict(one) for one in areas],
            "may": {"handle": person is not None and person.may("handle_case")},
        },
    )


@blueprint.get("/review")
def review() -> str:
    """The report of a day or a week, ready to be printed.

    Raises:
        SignInNeeded: nobody is signed in.
        InvalidInput: no day, or no kind of review.
        NotFound: an area that never was.
    """
    here = joined()
    person = actor()
    if person is None:
        raise SignInNeeded("Sign in first.")
    kind = _kind(request.args.get("kind", "daily"))
    today = datetime.now(here.profile.zone).date()
    day = _day(request.args["day"]) if request.args.get("day") else last_day(here.profile)
    area = request.args.get("area") or None
    found = read_review(here.database, person, here.profile, kind=kind, day=day, area=area)
    asked = {"kind": kind, "day": day.isoformat(), "area": area or ""}
    step = timedelta(days=1 if kind == "daily" else 7)
    return show(
        "review.html",
        page="review",
        module="wangge/modes/review.js",
        told=document(found, here.profile, language=language()),
        asked=asked,
        earlier={**asked, "day": (day - step).isoformat()},
        later={**asked, "day": (day + step).isoformat()} if found.until.date() <= today else None,
        areas=choices(here.database, person),
        cell=partial(shown, zone=here.profile.zone),
        may_export=person.may("export"),
        may_mail=person.may("export") and person.may("see_personal"),
        may_decide=kind == "weekly" and person.role in {"admin", "commander"},
        decisions=[one["id"] for one in found.decisions],
        made_at=found.made_at.astimezone(here.profile.zone),
        data=asked,
    )


def _kind(text: str) -> Literal["daily", "weekly"]:
    if text == "weekly":
        return "weekly"
    if text == "daily":
        return "daily"
    raise InvalidInput("There is no review of this kind: choose the day or the week.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            "%(text)s is no date. Write 2026-06-01 or 2026-06-01T08:30:00+08:00.", text=text
        ) from None
