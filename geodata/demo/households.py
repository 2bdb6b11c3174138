"""How many live where: floors are set so that the homes fit, then people move in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

TOPS = {"slab": (3, 7), "mid": (5, 16), "tower": (8, 33), "house": (1, 4), "court": (1, 4)}
"""The fewest and the most floors of each pattern."""
AT_LAST = {**{name: top for name, (_, top) in TOPS.items()}, "slab": 11, "mid": 24, "tower": 40}
"""The most floors where a patch is too small for its households."""
_RESIDENTS_A_HOME = {
    "commercial": 2.7, "affordable": 2.9, "village": 3.3, "work_unit": 2.2, "mixed": 2.5,
}  # fmt: skip
_ELDERLY = {
    "commercial": 0.11, "affordable": 0.17, "village": 0.21, "work_unit": 0.34, "mixed": 0.24,
}  # fmt: skip


@dataclass
class Building:
    """One building; ``block`` and ``compound`` are positions in their lists, -1: none."""

    footprint: NDArray[np.float64]
    use: str
    pattern: str
    block: int
    compound: int
    floors: int
    entrances: int
    homes_a_floor: float
    households: int = 0
    residents: int = 0
    elderly: int = 0

    @property
    def homes(self) -> int:
        """How many homes there are, lived in or not."""
        return max(1, int(self.floors * self.entrances * self.homes_a_floor))


@dataclass
class Compound:
    """One residential estate."""

    block: int
    patch: int
    community: int
    office: int
    type: str
    closed: bool
    managed: bool
    polygon: shapely.Polygon
    households: int = 0
    residents: int = 0


def set_floors(buildings: list[Building], first: int, target: int, band: tuple[int, int]) -> int:
    """Set floors so that the patch's homes come near ``target``; gives the homes there are.

    All buildings grow by one factor, found by halving, within what their pattern allows. If that is
    not enough, slabs and towers grow on, floor by floor, the lowest first.
    """
    homes = [b for b in buildings if b.compound >= first]
    if not homes:
        return 0
    started = np.array([b.floors for b in homes])
    bottom, top = np.array([TOPS[b.pattern] for b in homes]).T
    per_floor = np.array([b.entrances * b.homes_a_floor for b in homes])

    def count(floors: NDArray[np.int_]) -> int:
        return int(np.maximum(1, np.floor(floors * per_floor)).sum())

    low, high = 0.3, 3.0
    floors = started
    for _ in range(16):
        scale = (low + high) / 2
        floors = np.clip(np.rint(started * scale).astype(int), bottom, top)
        low, high = (scale, high) if count(floors) < target * 1.04 else (low, scale)
    most = np.array([AT_LAST[b.pattern] for b in homes])
    while count(floors) < min(target, band[0] + 6):
        room = np.flatnonzero(floors < most)
        if not room.size:
            break
        floors[room[np.argmin(floors[room])]] += 1
    for building, height in zip(homes, floors.tolist(), strict=True):
        building.floors = height
    return count(floors)


def move_in(
    buildings: list[Building], compounds: list[Compound], first: int, target: int, rng: Generator
) -> None:
    """Households move in: ``target`` over all homes, the rest stands empty."""
    homes = [b for b in buildings if b.compound >= first]
    room = np.array([b.homes for b in homes])
    share = room * (target / max(int(room.sum()), 1))
    lived = np.floor(share).astype(int)
    order = np.argsort(-(share - lived), kind="stable")
    lived[order[: target - int(lived.sum())]] += 1
    for building, households in zip(homes, lived.tolist(), strict=True):
        compound = compounds[building.compound]
        building.households = households
        building.residents = int(rng.binomial(households * 5, _RESIDENTS_A_HOME[compound.type] / 5))
        building.elderly = int(rng.binomial(building.residents, _ELDERLY[compound.type]))
        compound.households += households
        compound.residents += building.residents
