"""The pages of figures that people take away: the whistle's report, the day and the week."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint

from geodata.errors import NotFound
from geodata.places.choosing import choices
from webmap.pages import actor, joined, show

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
