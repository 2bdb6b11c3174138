"""How exactly people draw: the settings of all actions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """Settings of the actions.

    Attributes:
        snap_m: What is drawn nearer than this to a border of a unit is drawn on it, metres.
        grasp_m: How near to a border one takes hold of it, and how far a border may bend and
            still be dragged as one straight stretch, metres.
        crumb_m2: A part of a cut unit that is smaller stays with the rest of its unit.
        thin_m: So does a part that is nowhere as wide as this, metres.
        most_points: Points that a drawn line or polygon may have.
    """

    snap_m: float = 0.5
    grasp_m: float = 1.0
    crumb_m2: float = 20.0
    thin_m: float = 1.0
    most_points: int = 5_000
