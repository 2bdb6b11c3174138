"""What the parts of an address say for and against a place, as a score and a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

Verdict = Literal["sure", "doubtful", "none"]

_ALONE: Final = 0.72
"""The score of a name that fits to the letter, with nothing else told."""
_FOR: Final = {"building": 0.08, "unit": 0.02, "street": 0.05, "house": 0.1}
_AGAINST: Final = {"building": 0.14, "unit": 0.03}
_AREA_FOR: Final = 0.10
_AREA_AGAINST: Final = 0.18
_STREET_ALONE: Final = 0.55
_LONG_M: Final = 600.0
"""A street with pieces farther than this from its middle is no place, only a direction."""
SURE: Final = 0.60
MARGIN: Final = 0.06


class Judged(Protocol):
    """What a verdict looks at."""

    @property
    def kind(self) -> str:
        """Building, compound, street or area."""

    @property
    def score(self) -> float:
        """From 0 to 1."""

    @property
    def contradict(self) -> tuple[str, ...]:
        """Parts that speak against."""


@dataclass
class Evidence:
    """How like the name is, the levels that agree and contradict, and the other parts."""

    like: float
    areas: tuple[dict[str, float], dict[str, float]]
    fits: dict[str, bool] = field(default_factory=dict)

    def hold(self, part: str, *, fits: bool) -> None:
        """A part that agrees or contradicts."""
        self.fits[part] = fits

    def parts(
        self, wanted: Iterable[str]
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Parts that agree, those of ``wanted`` that are missing, parts that contradict."""
        agree = [*self.areas[0], *(part for part, good in self.fits.items() if good)]
        contradict = [*self.areas[1], *(part for part, good in self.fits.items() if not good)]
        missing = [part for part in wanted if part not in agree and part not in contradict]
        return tuple(sorted(agree)), tuple(dict.fromkeys(missing)), tuple(sorted(contradict))


def compound_score(evidence: Evidence) -> float:
    """A compound or a building in one."""
    score = _ALONE + _areas(evidence)
    for part, good in evidence.fits.items():
        score += _FOR[part] if good else -_AGAINST.get(part, 0.0)
    return _bounded(evidence.like * score)


def street_score(evidence: Evidence, *, reach_m: float) -> float:
    """A stretch of street: none of a long one, and none on the way to a building, is sure."""
    score = _STREET_ALONE + _areas(evidence)
    if reach_m <= _LONG_M and evidence.like == 1.0 and "building" not in evidence.fits:
        score += 0.1
    else:
        score = min(score, SURE - 0.01)
    return _bounded(evidence.like * score)


def area_score(evidence: Evidence, *, depth: int) -> float:
    """An area alone, the deeper the more it says; never sure."""
    return _bounded(evidence.like * (min(0.15 * depth, 0.45) + _areas(evidence) / 2))


def verdict(candidates: Sequence[Judged]) -> Verdict:
    """Whether the first of the candidates, which come in order of their scores, is the place."""
    if not candidates:
        return "none"
    first = candidates[0]
    second = candidates[1].score if len(candidates) > 1 else 0.0
    if first.kind == "area" or first.score < SURE or first.score - second < MARGIN:
        return "doubtful"
    return "sure"


def _areas(evidence: Evidence) -> float:
    agree, contradict = evidence.areas
    return sum(_AREA_FOR * like for like in agree.values()) - sum(
        _AREA_AGAINST * like for like in contradict.values()
    )


def _bounded(score: float) -> float:
    return round(min(1.0, max(0.0, score)), 4)
