"""Every name that an address can hold: where it stands in a text, exactly or nearly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from geodata.places.addressing.reading import clean
from geodata.places.addressing.similar import likeness, signs, weights

_HIDDEN: Final = (-1, 0, 0)
Kind = Literal["area", "compound", "street"]
_LONGEST_NEAR: Final = 64
"""Signs before and after the place that are looked through for names that are nearly right."""


@dataclass(frozen=True)
class Told:
    """A name found in a text: which places it can mean, how like, and where it stands."""

    kind: Kind
    places: tuple[str, ...]
    like: float
    start: int
    end: int


class Names:
    """All names, the same for one set of records in whatever order they come."""

    def __init__(self, named: Iterable[tuple[Kind, str, str]]) -> None:
        """``named`` are kind, name and code of a place, several for a place of several names."""
        places: dict[tuple[str, Kind], set[str]] = defaultdict(set)
        for kind, name, code in named:
            name = clean(name).strip(",")  # noqa: PLW2901
            if len(name) > 1:
                places[name, kind].add(code)
        self._names = sorted(places)
        self._places = [tuple(sorted(places[key])) for key in self._names]
        self._by_start: dict[str, list[int]] = defaultdict(list)
        for number, (name, _) in enumerate(self._names):
            self._by_start[name[:2]].append(number)
        self._signs = (
            np.concatenate([signs(name) for name, _ in self._names])
            if self._names
            else np.zeros((0, 3), dtype=np.int32)
        )
        self._weights = np.concatenate([np.zeros(0), *(weights(name) for name, _ in self._names)])
        self._starts = np.cumsum([0, *(len(name) for name, _ in self._names)], dtype=np.int64)

    def exact(self, text: str) -> list[Told]:
        """Names that stand in the text as they are, the longest first where they overlap."""
        hits = []
        for start in range(len(text) - 1):
            for number in self._by_start.get(text[start : start + 2], ()):
                name, kind = self._names[number]
                if text.startswith(name, start):
                    hits.append((-len(name), start, kind, number))
        taken: list[tuple[int, int, Kind]] = []
        out = []
        for size, start, kind, number in sorted(hits):
            end = start - size
            if all(
                end <= a or b <= start or (a == start and b == end and other != kind)
                for a, b, other in taken
            ):
                taken.append((start, end, kind))
                out.append(Told(kind, self._places[number], 1.0, start, end))
        return sorted(out, key=lambda told: (told.start, told.kind))

    def near(self, text: str, hidden: list[tuple[int, int]], at: int, least: float) -> list[Told]:
        """Names that stand in the text nearly; what is ``hidden`` is not looked at.

        A long text is looked through round the sign ``at`` only.
        """
        if not self._names:
            return []
        low = max(0, max(at, 0) - _LONGEST_NEAR)
        rows = signs(text[low : max(at, 0) + _LONGEST_NEAR]).copy()
        for start, end in hidden:
            rows[max(start - low, 0) : max(end - low, 0)] = _HIDDEN
        like, span = likeness(self._signs, self._weights, self._starts, rows)
        out = []
        for number in np.flatnonzero(like >= least).tolist():
            start, end = span[number].tolist()
            kind = self._names[number][1]
            out.append(
                Told(kind, self._places[number], float(like[number]), start + low, end + low)
            )
        return out
