"""How likely two cases are one trouble: near in place and time, of one kind, in like words.

Pure work on plain records. Words are compared by their pairs of signs, which needs no dictionary
and forgives another order; the address is left out of them, for it is the same wherever two cases
are near. Cases without a place are compared by their addresses instead.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from geodata.profiles.twins import Twins

HERE_M: Final = 15.0
"""As near as a telephone's place is sure: nearer is not more likely."""
ALIKE: Final = 0.5
"""Share of pairs that two tellings of one trouble have in common; more is not more likely."""
_SPOKEN: Final = 4
"""Fewer pairs than these say nothing."""
_WITH_WORDS: Final = {"near": 0.25, "soon": 0.10, "kind": 0.20, "words": 0.45}
_WITHOUT: Final = {"near": 0.40, "soon": 0.15, "kind": 0.20}
MOST: Final = 5


@dataclass(frozen=True)
class Told:
    """A case as far as twins are concerned; ``metres`` from the one that it is compared with.

    ``metres`` is None where one of the two has no place.
    """

    id: int
    category: str
    reported_at: datetime
    title: str = ""
    description: str = ""
    address: str = ""
    metres: float | None = None


@dataclass(frozen=True)
class Twin:
    """A case that is likely the same trouble.

    Attributes:
        id: Its number.
        score: 0 to 1.
        metres: How far away; None where one of the two has no place.
        hours: How long apart they were reported.
        same_category: Whether they are of one kind.
        words: How like their words are, 0 to 1; None where one of them says nothing.
    """

    id: int
    score: float
    metres: float | None
    hours: float
    same_category: bool
    words: float | None


def likely(case: Told, others: Iterable[Told], bounds: Twins) -> list[Twin]:
    """Those of ``others`` that are offered as twins, the likeliest first, at most five."""
    own = _Words(case)
    found = [_compared(case, own, other, bounds) for other in others if other.id != case.id]
    good = [twin for twin in found if twin is not None and twin.score >= bounds.least]
    return sorted(good, key=lambda twin: (-twin.score, twin.id))[:MOST]


class _Words:
    def __init__(self, case: Told) -> None:
        self.address = _pairs(case.address)
        self.said = _pairs(f"{case.title} {_without(case.description, case.address)}")


def _compared(case: Told, own: _Words, other: Told, bounds: Twins) -> Twin | None:
    its = _Words(other)
    hours = abs((case.reported_at - other.reported_at).total_seconds()) / 3600
    if hours > bounds.hours:
        return None
    if other.metres is None:
        near = _dice(own.address, its.address)
        if near < ALIKE:
            return None
    else:
        if other.metres > bounds.metres:
            return None
        near = 1 - max(0.0, other.metres - HERE_M) / max(bounds.metres - HERE_M, 1.0)
    parts = {
        "near": near,
        "soon": 1 - hours / bounds.hours,
        "kind": float(case.category == other.category),
    }
    words = None
    weights = _WITHOUT
    if min(own.said.total(), its.said.total()) >= _SPOKEN:
        words = _dice(own.said, its.said)
        parts["words"] = min(1.0, words / ALIKE)
        weights = _WITH_WORDS
    score = sum(weights[name] * part for name, part in parts.items())
    return Twin(
        other.id,
        round(score, 4),
        None if other.metres is None else round(other.metres, 1),
        round(hours, 2),
        case.category == other.category,
        None if words is None else round(words, 4),
    )


def _without(description: str, address: str) -> str:
    """The story without the address that many begin with."""
    return description.replace(address, " ") if len(address) > 1 else description


def _pairs(text: str) -> Counter[str]:
    """Pairs of signs that stand side by side."""
    plain = unicodedata.normalize("NFKC", text).lower()
    signs = "".join(sign if sign.isalnum() else " " for sign in plain)
    return Counter(signs[k : k + 2] for k in range(len(signs) - 1) if " " not in signs[k : k + 2])


def _dice(one: Counter[str], other: Counter[str]) -> float:
    """Share of pairs that two texts have in common."""
    shared = (one & other).total()
    total = one.total() + other.total()
    return 2 * shared / total if total else 0.0
