"""What a proposal has to say, in words: what is in the way, what would help, what was cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from geodata.words import sentence as _
from geodata.words import translate

if TYPE_CHECKING:
    from geodata.plans.net import Net
    from geodata.plans.proposal.obstacle import CutGround, Obstacle

NAMED: Final = 3
"""So many compounds of a place are called by their names."""

WHY: Final = {
    "no_buildings": _(
        "%(place)s: %(weight)s households, more than the upper limit of %(high)s; no buildings are"
        " known between which it could be divided."
    ),
    "one_building": _(
        "%(place)s: one building alone has %(weight)s households, more than the upper limit of"
        " %(high)s."
    ),
    "too_narrow": _(
        "%(place)s: %(weight)s households, more than the upper limit of %(high)s; no fitting line"
        " was found between its buildings."
    ),
    "too_heavy": _("%(place)s: %(weight)s households, more than the upper limit of %(high)s."),
    "too_light": _(
        "%(place)s: cut off from all else, with %(weight)s households in all, fewer than the lower"
        " limit of %(low)s."
    ),
    "stuck": _(
        "%(place)s: %(weight)s households in all, fewer than the lower limit of %(low)s; with any"
        " neighbour it would exceed the upper limit of %(high)s."
    ),
    "neck": _(
        "%(place)s: is reached by one way only and must be one grid, with %(weight)s households,"
        " more than the upper limit of %(high)s."
    ),
    "indivisible": _(
        "%(place)s: %(weight)s households in all cannot be divided into grids of %(low)s to"
        " %(high)s."
    ),
    "apart": _("%(place)s: lies in pieces that do not touch, and came into several grids."),
    "no_households": _("%(place)s: no households are known, so there is nothing to balance."),
    "impossible": _(
        "%(place)s: no net can have all grids of %(low)s to %(high)s households here; all were"
        " weighed, and in the nearest %(count)s lie outside."
    ),
    "not_found": _(
        "%(place)s: no net was found with all grids of %(low)s to %(high)s households; %(count)s"
        " lie outside."
    ),
}
"""Why the band cannot be met somewhere, by the reason."""

HELP: Final = {
    "no_buildings": _("Import its buildings with their households."),
    "one_building": _("Give the households of that building by its entrances."),
    "too_narrow": _("Split it by hand first, then ask again."),
    "too_light": _("Let it belong to a community that it touches."),
    "apart": _("Hand the pieces over by hand, or mend the compound's border."),
    "no_households": _("Import the households of its compounds or buildings."),
    "not_found": _("Search longer, or keep less of the net as it is."),
}
"""What would help besides another band."""

LOWER: Final = _("Set the lower limit to %(low)s or less.")
HIGHER: Final = _("Set the upper limit to %(high)s or more.")
CUT: Final = _(
    "%(place)s has %(weight)s households, more than the upper limit of %(high)s: divided between"
    " its buildings among %(count)s grids."
)
BLOCK: Final = _("street blocks of %(community)s")
PART: Final = _("a part of %(name)s")
AND_MORE: Final = _("%(names)s and %(count)s others")
BETWEEN: Final = _(", ")


def obstacle_told(
    obstacle: Obstacle, net: Net, names: Mapping[str, str], language: str
) -> dict[str, Any]:
    """An obstacle as people read it.

    Args:
        obstacle: The obstacle.
        net: The net that was proposed.
        names: Of compounds and communities, by code.
        language: ``zh`` or ``en``.

    Returns:
        ``community`` ``reason`` ``detail`` ``help`` (sentences) ``helps`` ``units``.
    """
    helps = {name: round(value) for name, value in obstacle.helps.items()}
    said = {
        **obstacle.params,
        "place": _place(obstacle.community, obstacle.units, net, names, language),
        "weight": round(obstacle.weight),
    }
    ways = [HELP[obstacle.reason]] if obstacle.reason in HELP else []
    ways += [LOWER] if "low" in helps else []
    ways += [HIGHER] if "high" in helps else []
    return {
        "community": obstacle.community,
        "reason": obstacle.reason,
        "detail": translate(WHY[obstacle.reason], language, **said),
        "help": [translate(way, language, **helps) for way in ways],
        "helps": helps,
        "units": obstacle.units,
    }


def cut_told(
    cut: CutGround, net: Net, names: Mapping[str, str], language: str, *, high: int
) -> dict[str, Any]:
    """Ground that was cut, as people read it: ``community`` ``detail`` ``units`` ``households``."""
    said = {
        "place": _place(cut.community, cut.units, net, names, language),
        "weight": round(cut.households),
        "high": high,
        "count": cut.grids,
    }
    return {
        "community": cut.community,
        "compound": cut.compound,
        "detail": translate(CUT, language, **said),
        "households": round(cut.households),
        "grids": cut.grids,
        "units": cut.units,
    }


def codes_of(net: Net) -> dict[str, list[str]]:
    """Codes whose names are needed: of each ``compound`` and each ``area``."""
    return {
        "compound": sorted(net.units["compound"].dropna().unique().tolist()),
        "area": sorted(net.units["community"].dropna().unique().tolist()),
    }


def _place(
    community: str, units: list[int], net: Net, names: Mapping[str, str], language: str
) -> str:
    """What people call these units: their compounds, or the blocks of their community."""
    rows = net.units.reindex(units)
    codes = list(dict.fromkeys(rows["compound"].dropna().tolist()))
    whole = net.units.groupby("compound").size()
    mine = rows.groupby("compound").size()
    if not codes:
        return translate(BLOCK, language, community=names.get(community, community))
    called = [
        translate(PART, language, name=names.get(code, code))
        if mine[code] < whole[code]
        else names.get(code, code)
        for code in codes[:NAMED]
    ]
    known = translate(BETWEEN, language).join(called)
    if len(codes) <= NAMED:
        return known
    return translate(AND_MORE, language, names=known, count=len(codes) - NAMED)
