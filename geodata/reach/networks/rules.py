"""What may be walked, and how far apart things are that were meant to touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from geodata.profiles.reach import Walking

if TYPE_CHECKING:
    from geodata.profiles import Profile

Crossings = Literal["auto", "split", "keep"]
_PLAIN: Final = Walking(speed_m_per_s=1.25, detour_factor=1.3)


@dataclass(frozen=True)
class Rules:
    """How streets become a network.

    Attributes:
        not_walked: Kinds of street that nobody may walk.
        barriers: Kinds that are no street at all, such as rivers and railways.
        snap_m: A loose end this near to another line was meant to touch it, metres.
        wall_in_m: A wall stands so far inside the border that is drawn, metres: streets along a
            border are outside.
        gate_m: A street passes a wall at a gate that is no farther from it, metres.
        link_m: A gate is linked to streets no farther away, metres.
        crossings: Whether lines that cross without a common point meet there. ``auto``: not where
            the file states its nodes, or is cut at its junctions and only few lines cross; else
            yes, between lines of one level.
        least_island_m: Connected parts with fewer metres of street join no places.
    """

    not_walked: frozenset[str] = frozenset(_PLAIN.not_walked)
    barriers: frozenset[str] = frozenset(_PLAIN.barriers)
    snap_m: float = 1.0
    wall_in_m: float = 2.0
    gate_m: float = 10.0
    link_m: float = 60.0
    crossings: Crossings = "auto"
    least_island_m: float = 300.0

    @classmethod
    def of(cls, profile: Profile) -> Rules:
        """The rules of a city."""
        walking = profile.walking
        return cls(not_walked=frozenset(walking.not_walked), barriers=frozenset(walking.barriers))
