"""The page that compares two nets on paper: what changes hands, for whom, in figures."""

from __future__ import annotations

from flask import Blueprint

from geodata.errors import NotFound
from geodata.places.featuring import extent
from webmap import elements
from webmap.pages import actor, joined, show
from webmap.planner import profile_words, tiles_of

blueprint = Blueprint("comparing", __name__)
TODAY = "today"
LONGEST = 18
"""Digits of a number that is surely none too large."""


@blueprint.get("/planner/compare/<int:number>/<other>")
def compare(number: int, other: str) -> str:
    """The page; what stands on it is asked of the API by who looks at it.

    Raises:
        NotFound: `other` is neither a draft's number nor ``today``.
    """
    if other != TODAY and not (other.isascii() and other.isdigit() and len(other) <= LONGEST):
        raise NotFound("There is no draft %(number)s.", number=other[:40])
    profile, person = joined().profile, actor()
    bounds = extent(joined().database, person, "areas") if person is not None else None
    levels = profile.keys("levels")
    page_map = elements.PageMap(bounds=bounds, approval=joined().settings.map_approval)
    page_map.add_child(elements.AreaLayer(tiles_of("areas"), levels=levels))
    page_map.add_child(
        elements.CompoundLayer(
            tiles_of("compounds"), colours=profile.colors("compound_types"), visible=False
        )
    )
    page_map.add_child(elements.BuildingLayer(tiles_of("buildings")))
    page_map.add_child(elements.StreetLayer(tiles_of("streets")))
    page_map.add_child(elements.Labels(("streets",), levels=levels))
    data = {"number": number, "other": other, "profile": profile_words()}
    return show(
        "compare.html",
        page="compare",
        module="wangge/modes/compare.js",
        page_map=page_map,
        data=data,
    )
