"""The city's way of working, as the pages read it."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint

from api.serving import profile
from api.signing_in import current_actor
from geodata.accounts import require
from geodata.profiles import Profile

blueprint = APIBlueprint("profile", __name__, url_prefix="/api/v1/profile", tag="Profile")


@blueprint.get("")
@blueprint.output(Profile)
@blueprint.doc(summary="The city's words, levels, thresholds and circles", responses=[401, 403])
def get_profile() -> Any:
    """Keys as stored and names in both languages."""
    require(current_actor(), "see_map")
    return profile.model_dump(mode="json")
