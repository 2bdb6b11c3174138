"""The grids and units that an action names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from geodata.plans.actions.refusing import Refused
from geodata.plans.net import Net
from geodata.words import quotable
from geodata.words import sentence as _


def named_grids(net: Net, action: Mapping[str, Any]) -> list[int]:
    """The grids under ``grid`` or ``grids``, each once, in the order given.

    Raises:
        Refused: One is not in the net (reason ``unknown_grid``).
    """
    given = action.get("grids") if action.get("grids") is not None else [action.get("grid")]
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        given = [given]
    return [known_grid(net, grid) for grid in dict.fromkeys(number(grid) for grid in given)]


def known_grid(net: Net, grid: Any) -> int:
    """The number of a grid of the net; raises Refused if there is none."""
    if (known := number(grid)) is None or known not in net.grids.index:
        raise Refused(
            _("There is no grid %(grid)s in this draft."),
            reason="unknown_grid",
            grid=quotable(str(grid)),
        )
    return known


def named_units(net: Net, action: Mapping[str, Any]) -> list[int]:
    """The units under ``units``, each once.

    Raises:
        Refused: None is named (``no_units``), or one is not in the net (``unknown_unit``).
    """
    given = action.get("units")
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        given = [] if given is None else [given]
    units = list(given)
    if not units:
        raise Refused(_("Choose at least one unit."), reason="no_units")
    known = net.units.index
    for unit in units:
        at = number(unit)
        if at is None or at not in known:
            raise Refused(
                _("There is no unit %(unit)s in this draft: it may have been cut meanwhile."),
                reason="unknown_unit",
                unit=quotable(str(unit)),
            )
    return list(dict.fromkeys(int(unit) for unit in units))


def prove_unlocked(net: Net, grids: Iterable[int]) -> None:
    """Refuse to touch grids that are locked (reason ``locked``)."""
    for grid in sorted(set(grids)):
        if grid in net.grids.index and bool(net.grids.at[grid, "locked"]):
            raise Refused(
                _("Grid %(grid)s is locked: unlock it first."),
                reason="locked",
                grid=_called(net, grid),
            )


def _called(net: Net, grid: int) -> str:
    row = net.grids.loc[grid]
    return next((str(row[key]) for key in ("name", "code") if _is_text(row[key])), str(grid))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def number(given: Any) -> int | None:
    """A whole number, None for anything else."""
    if isinstance(given, bool) or given is None:
        return None
    try:
        return int(given) if int(given) == given else None
    except (TypeError, ValueError, OverflowError):
        return None
