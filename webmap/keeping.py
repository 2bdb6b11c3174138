"""The pages of what is kept beside the cases: duty and calendar, and the words that were taught."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from flask import Blueprint
from flask_babel import gettext

from geodata.errors import NotAllowed
from geodata.places.choosing import choices
from geodata.words import sentence as _
from webmap.pages import actor, joined, show

blueprint = Blueprint("keeping", __name__)
_FEASTS = (
    _("New Year's Day"),
    _("Spring Festival"),
    _("Tomb-sweeping Day"),
    _("Labour Day"),
    _("Dragon Boat Festival"),
    _("National Day"),
    _("Mid-autumn Festival"),
    _("Victory Day"),
    _("Day off in place of a feast on a weekend"),
)
"""``geodata.feasts.NAMES``, as sentences that have their Chinese."""


@blueprint.get("/duty")
def duty() -> str:
    """Who is on duty, for those who handle cases; and which days are worked, for everybody.

    Raises:
        NotAllowed: nobody is signed in.
    """
    here = joined()
    person = actor()
    if person is None:
        raise NotAllowed("Sign in first.")
    handles = person.may("handle_case")
    areas = choices(here.database, person)
    return show(
        "duty.html",
        page="duty",
        module="wangge/modes/duty.js",
        areas=areas,
        handles=handles,
        keeps=handles and person.role in {"admin", "commander"},
        year=datetime.now(here.profile.zone).year,
        data={
            "timezone": here.profile.timezone,
            "areas": [asdict(one) for one in areas],
            "feasts": {name: gettext(name) for name in _FEASTS},
            "may": {
                "handle": handles,
                "keep": handles and person.role in {"admin", "commander"},
                "set_days": person.may("manage_users"),
            },
        },
    )


@blueprint.get("/aliases")
def aliases() -> str:
    """The words that people taught for places.

    Raises:
        NotAllowed: the role handles no cases.
    """
    person = actor()
    if person is None or not person.may("handle_case"):
        raise NotAllowed("Your role handles no cases; ask an administrator.")
    return show(
        "aliases.html",
        page="aliases",
        module="wangge/modes/aliases.js",
        data={"may": {"end": not person.areas}},
    )
