"""Units handed over one by one while a net agrees better with several others.

The median of partitions: the one with the greatest sum of agreements with all given ones, counted
in pairs of households (Barthélemy & Monjardet 1981, The median procedure in cluster analysis and
social choice theory, doi:10.1016/0165-4896(81)90041-X). Finding it is NP-hard; this starts from a
net and hands units over one by one while the sum grows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geodata.plans.agreeing import NONE

SWEEPS = 50
"""Rounds over all units; it ends earlier when nothing gets better."""


@dataclass(frozen=True)
class Ground:
    """What is handed over: units, or several that stay together, by their places.

    Attributes:
        weight: Households of each, or its ground where nobody lives anywhere.
        patches: For each net the patch that each has (``NONE``: none).
        beside: The places of those beside each, to one of which it may go.
        fixed: Which are not to be handed over.
    """

    weight: Any
    patches: list[Any]
    beside: list[list[int]]
    fixed: Any


class _Search:
    """Which label each place has, and what each label shares with each patch of each net."""

    def __init__(self, of: Any, ground: Ground, band: tuple[float, float] | None) -> None:
        self.of, self.weight, self.band = of, ground.weight, band
        self.beside, self.fixed = ground.beside, ground.fixed
        self.patches = [patch.tolist() for patch in ground.patches]
        self.share: list[dict[Any, float]] = [defaultdict(float) for _net in self.patches]
        self.total: dict[int, float] = defaultdict(float)
        self.members: dict[int, set[int]] = defaultdict(set)
        for place, label in enumerate(of.tolist()):
            self._put(place, label, 1)

    def liking(self, place: int, label: int) -> float:
        """Pairs that a place agrees on with all nets if it has the label, less the others."""
        own = self.weight[place] if self.of[place] == label else 0.0
        whole = self.total[label] - own
        return sum(
            2 * (table[label, patch[place]] - own) - whole
            for table, patch in zip(self.share, self.patches, strict=True)
        )

    def better(self, place: int) -> int | None:
        """The label of a neighbour that fits a place better than its own; None: there is none."""
        if self.fixed[place] or self.weight[place] <= 0:
            return None
        mine = int(self.of[place])
        others = {int(self.of[k]) for k in self.beside[place]} - {mine, NONE}
        others = {label for label in others if self._may_go(place, label)}
        if not others:
            return None
        best = max(others, key=lambda label: (self.liking(place, label), -label))
        return best if self.liking(place, best) > self.liking(place, mine) + 1e-9 else None

    def hand_over(self, place: int, label: int) -> None:
        """Give a place another label."""
        self._put(place, int(self.of[place]), -1)
        self._put(place, label, 1)
        self.of[place] = label

    def holds_without(self, place: int) -> bool:
        """Whether what touches a place in its grid still hangs together without it."""
        members = self.members[int(self.of[place])]
        ends = [k for k in self.beside[place] if k in members]
        if len(ends) < 2:
            return bool(ends) or len(members) == 1
        seen, waiting = {place, ends[0]}, [ends[0]]
        while waiting:
            for k in self.beside[waiting.pop()]:
                if k in members and k not in seen:
                    seen.add(k)
                    waiting.append(k)
        return all(end in seen for end in ends)

    def _may_go(self, place: int, label: int) -> bool:
        """Whether it brings no grid farther out of the band."""
        if self.band is None:
            return True
        mine, weight = int(self.of[place]), self.weight[place]
        before = self._off(self.total[label])
        after = self._off(self.total[label] + weight)
        if mine != NONE:
            left = self.total[mine] - weight
            before += self._off(self.total[mine])
            after += self._off(left) if len(self.members[mine]) > 1 else 0.0
        return after <= before

    def _off(self, total: float) -> float:
        """By how many households a grid misses the band."""
        assert self.band is not None  # noqa: S101 - for the type checker
        return max(self.band[0] - total, 0.0, total - self.band[1])

    def _put(self, place: int, label: int, sign: int) -> None:
        for table, patch in zip(self.share, self.patches, strict=True):
            table[label, patch[place]] += sign * self.weight[place]
        self.total[label] += sign * self.weight[place]
        (self.members[label].add if sign > 0 else self.members[label].discard)(place)


def improved(
    of: Any,
    ground: Ground,
    *,
    band: tuple[float, float] | None = None,
    told: Callable[[float], bool] = lambda _share: False,
) -> Any:
    """Labels with which the net agrees better with all others; a grid in one part stays in one.

    Args:
        of: The label of each place (``NONE``: in no grid).
        ground: What is handed over.
        band: Fewest and most of ``weight`` in a grid: none comes farther out of it.
        told: Told the share done now and then; true ends it.
    """
    search = _Search(of.copy(), ground, band)
    for sweep in range(SWEEPS):
        if told(sweep / SWEEPS):
            break
        moved = False
        for place in range(len(of)):
            label = search.better(place)
            if label is None:
                continue
            if search.of[place] == NONE or search.holds_without(place):
                search.hand_over(place, label)
                moved = True
        if not moved:
            break
    return search.of
