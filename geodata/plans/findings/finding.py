"""A finding: a fault of a net as data, with its place and the actions that mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import shapely

from geodata.words import sentence as _
from geodata.words import translate

Severity = Literal["error", "warning", "note"]
SEVERITIES: dict[Severity, str] = {
    "error": _("must be mended"),
    "warning": _("should be looked at"),
    "note": _("worth knowing"),
}
"""How grave a finding is, the gravest first; an error keeps a net from being published."""

SENTENCES = {
    "invalid": _("The border of %(grid)s crosses itself."),
    "overlap": _("%(grids)s lie over each other on %(area)s m²."),
    "gap": _("%(area)s m² belong to no grid."),
    "sliver": _("%(grid)s has %(area)s m² of strips that are only %(width)s m wide."),
    "not_contiguous": _("%(grid)s lies in %(parts)s separate parts."),
    "outside": _("%(grid)s reaches %(area)s m² beyond the boundary."),
    "compound_cut": _("The closed compound %(compound)s is cut between %(grids)s."),
    "compound_in_two": _("The compound %(compound)s lies in several grids: %(grids)s."),
    "compound_unassigned": _("The compound %(compound)s belongs to no grid."),
    "too_large": _("%(grid)s has %(households)s households, more than %(high)s."),
    "too_small": _("%(grid)s has %(households)s households, fewer than %(low)s."),
    "two_communities": _("%(grid)s lies in several communities: %(communities)s."),
    "off_street": _("The border between %(grids)s leaves the street beside it for %(length)s m."),
    "duplicate_name": _("The name %(name)s is given to several grids."),
    "duplicate_code": _("The code %(code)s is given to several grids."),
    "no_worker": _("%(grid)s has no grid worker."),
    "no_station": _("No service station is within %(metres)s m of most households of %(grid)s."),
    "other_net": _("%(grid)s is no patch of the other net: at most %(share)s %% agree."),
}
"""What each rule says to people; the rules that there are."""

TITLES = {
    "invalid": _("crossed border"),
    "overlap": _("overlap"),
    "gap": _("gap"),
    "sliver": _("sliver"),
    "not_contiguous": _("separate parts"),
    "outside": _("beyond the boundary"),
    "compound_cut": _("closed compound cut"),
    "compound_in_two": _("compound in several grids"),
    "compound_unassigned": _("compound in no grid"),
    "too_large": _("grid too large"),
    "too_small": _("grid too small"),
    "two_communities": _("several communities"),
    "off_street": _("border beside a street"),
    "duplicate_name": _("name given twice"),
    "duplicate_code": _("code given twice"),
    "no_worker": _("no grid worker"),
    "no_station": _("no station in reach"),
    "other_net": _("not as in the other net"),
}
"""What people call each rule."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in WGS 84: a point in it, and west, south, east, north of its box."""

    lon: float
    lat: float
    box: tuple[float, float, float, float]

    def as_dict(self) -> dict[str, Any]:
        """JSON: ``point`` [lon, lat] and ``box`` [west, south, east, north]."""
        return {"point": [self.lon, self.lat], "box": list(self.box)}


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A grid of a plan that has no name and no code yet."""

    number: int

    def read(self, language: str) -> str:
        """What people call it until then."""
        return translate(_("New grid %(number)s"), language, number=self.number)


@dataclass(frozen=True, slots=True)
class Listed:
    """Names in a row, of which a sentence takes the first five."""

    names: tuple[str | Unnamed, ...]

    def read(self, language: str) -> str:
        """The names as they stand in a sentence."""
        said = [it.read(language) if isinstance(it, Unnamed) else it for it in self.names[:5]]
        return (", " if language == "en" else "、").join(said) + (
            "…" if len(self.names) > 5 else ""
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule gives: a place in the plan's metres, who, how much, and what mends it.

    ``params`` fill the rule's sentence; numbers in it are written for people. What is ``slight``
    (a gap or overlap thinner than a millimetre; one of less than a square metre, thinner than a
    centimetre; islands) is never more than worth knowing.
    """

    ids: tuple[Any, ...]
    place: Any
    numbers: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    mends: tuple[Mapping[str, Any], ...] = ()
    slight: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of a net.

    Attributes:
        rule: Which rule found it, a key of ``SENTENCES``.
        severity: As the profile has it.
        where: Its place.
        ids: The grids (for compounds: the grids it lies in), by number in a plan, by code or row
            in a file.
        numbers: What was measured: ``area_m2``, ``households``, ``width_m``, ``compound`` …
        params: What the sentence needs.
        mends: Actions of ``plans.actions``, each of which mends it, the best first.
    """

    rule: str
    severity: Severity
    where: Where
    ids: tuple[Any, ...]
    numbers: Mapping[str, Any]
    params: Mapping[str, Any]
    mends: tuple[Mapping[str, Any], ...] = ()

    @property
    def key(self) -> str:
        """The same for a fault as long as it stays: its rule, grids, and compound or place."""
        who = ",".join(map(str, self.ids))
        place = self.numbers.get("compound")
        if place is None and self.rule in {"gap", "sliver"}:
            place = f"{self.where.lon:.5f} {self.where.lat:.5f}"
        return f"{self.rule}:{who}" if place is None else f"{self.rule}:{who}:{place}"

    def read(self, language: str = "en") -> str:
        """The sentence in a language."""
        params = {
            name: value.read(language) if isinstance(value, Unnamed | Listed) else value
            for name, value in self.params.items()
        }
        return translate(SENTENCES[self.rule], language, **params)

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """JSON: the numbers stand beside ``rule``, ``severity``, ``where``, ``ids``, ``mends``."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "key": self.key,
            "where": self.where.as_dict(),
            "ids": list(self.ids),
            **self.numbers,
            "message": self.read(language),
            "mends": [dict(one) for one in self.mends],
        }


def width_m(ground: Any) -> float:
    """The mean width of a strip, metres: twice its area by its circumference."""
    return 2 * float(shapely.area(ground)) / max(float(shapely.length(ground)), 1e-9)


def is_slight(ground: Any) -> bool:
    """Whether a gap or overlap is too small to keep a net from being published."""
    width = width_m(ground)
    return width < 0.001 or (float(shapely.area(ground)) < 1.0 and width < 0.01)


def said(number: float) -> str:
    """A number as it stands in a sentence: three digits that count, no more."""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}" if number else "0"


def listed(names: Iterable[Any]) -> Listed:
    """Names for a sentence."""
    return Listed(tuple(it if isinstance(it, Unnamed) else str(it) for it in names))
