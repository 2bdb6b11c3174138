"""What a proposal has to say of a place: why the band cannot be met there, or what was cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Obstacle:
    """Why a community's net is not wholly within the band.

    Attributes:
        community: Its code.
        reason: A stable key: those of ``NoPartition``, and ``no_buildings`` ``one_building``
            ``too_narrow`` (ground too heavy that cannot be cut), ``no_households``.
        units: The units at fault.
        weight: Their households.
        params: Further numbers: ``low`` ``high`` ``count``.
        helps: The ends of the band with which this one would be gone: ``low`` ``high``.
    """

    community: str
    reason: str
    units: list[int]
    weight: float
    params: dict[str, Any] = field(default_factory=dict)
    helps: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CutGround:
    """Ground heavier than the band that was divided between its buildings.

    Attributes:
        community: Its code.
        compound: The compound's code; None: a street block.
        units: The units that it has now.
        households: In all.
        grids: How many grids have them.
    """

    community: str
    compound: str | None
    units: list[int]
    households: float
    grids: int = 0
