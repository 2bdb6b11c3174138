"""What people do to a net: each action a pure function from one net to the next.

An action never makes an overlap or a hole: it cuts units along what was drawn, with the same points
on both sides, and says which grid has each part. What cannot be done is refused with a reason key,
and the net stays as it was. An action needs only a part of a plan (``part_of``) and gives the same
there as on the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from geodata.plans.actions.assign import assign
from geodata.plans.actions.drag import drag
from geodata.plans.actions.draw import draw
from geodata.plans.actions.lock import lock
from geodata.plans.actions.merge import merge
from geodata.plans.actions.part import Reach, part_of, reach_of
from geodata.plans.actions.refusing import Refused
from geodata.plans.actions.remove import remove
from geodata.plans.actions.rename import rename
from geodata.plans.actions.reshape import reshape
from geodata.plans.actions.split import split
from geodata.plans.actions.step import NO_GRID, Step
from geodata.plans.actions.tolerance import Tolerance
from geodata.plans.actions.unlock import unlock
from geodata.plans.net import Net
from geodata.words import quotable
from geodata.words import sentence as _

ACTIONS: Mapping[str, Callable[[Net, Mapping[str, Any], Tolerance], Step]] = {
    "draw": draw,
    "split": split,
    "reshape": reshape,
    "drag": drag,
    "merge": merge,
    "assign": assign,
    "rename": rename,
    "lock": lock,
    "unlock": unlock,
    "remove": remove,
}

__all__ = [
    "ACTIONS",
    "NO_GRID",
    "Reach",
    "Refused",
    "Step",
    "Tolerance",
    "apply",
    "part_of",
    "reach_of",
]


def apply(net: Net, action: Mapping[str, Any], *, tolerance: Tolerance | None = None) -> Step:
    """Do what ``action["action"]`` names; see the function of that name for the rest of it.

    Args:
        net: The net, or the part of it that ``part_of`` gives.
        action: Shapes are of shapely, in the metres of the net.
        tolerance: How exactly people draw.

    Raises:
        Refused: The net stays as it was.
    """
    name = action.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        raise Refused(
            _("There is no action %(action)s; there are: %(known)s."),
            reason="unknown_action",
            action=quotable(str(name)),
            known=", ".join(ACTIONS),
        )
    return ACTIONS[name](net, action, tolerance or Tolerance())
