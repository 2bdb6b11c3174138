"""The page that takes files in: a look first, then a job that can be stopped."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import gettext

from geodata.errors import NotAllowed
from geodata.exchange.fields import FIELD_NAMES, IMPORTED
from geodata.exchange.mapping import PLACE_FIELDS
from geodata.exchange.wishes import may_import
from geodata.places.featuring import extent
from webmap import elements
from webmap.pages import actor, joined, show
from webmap.planner import tiles_of

blueprint = Blueprint("importing", __name__)


@blueprint.get("/import")
def importing() -> str:
    """The page.

    Raises:
        NotAllowed: the role may not import.
    """
    person = actor()
    if person is None or not person.may("import"):
        raise NotAllowed("Your role may not import; ask an administrator.")
    profile = joined().profile
    page_map = elements.PageMap(bounds=extent(joined().database, person, "areas"))
    page_map.add_child(elements.AreaLayer(tiles_of("areas"), levels=profile.keys("levels")))
    page_map.add_child(elements.StreetLayer(tiles_of("streets")))
    page_map.add_child(elements.Labels(("areas",), levels=profile.keys("levels")))
    data = {
        "layers": {key: gettext(name) for key, name in IMPORTED.items() if may_import(person, key)},
        "fields": {key: gettext(name) for key, name in FIELD_NAMES.items()},
        "places": list(PLACE_FIELDS),
        "limit_mb": joined().settings.upload_limit_mb,
    }
    return show(
        "import.html",
        page="import",
        module="wangge/modes/importing.js",
        page_map=page_map,
        data=data,
    )
