"""Places of rows that have an address and no coordinates, and what to say of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.cases.whereabouts.addresses import Found
    from geodata.exchange.findings import Findings

Floats = NDArray[np.float64]


class AddressFinder:
    """Looks for the places of a file's rows, chunk by chunk, and counts what it found."""

    def __init__(self, find: Callable[[Sequence[str]], list[Found]]) -> None:
        """``find`` gives what each address comes to."""
        self._find = find
        self.counts = {"sure": 0, "doubtful": 0, "none": 0}

    def place(
        self, columns: dict[str, Any], lon: Floats, lat: Floats
    ) -> tuple[Floats, Floats, pa.Array]:
        """Positions with those of sure addresses; and the communities of doubtful ones.

        Adds ``place_state`` and ``place_score`` to ``columns``.
        """
        texts = columns["address"]
        told = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0)
        unplaced = np.isnan(lon)
        asked = np.flatnonzero(unplaced & np.asarray(told.to_numpy(zero_copy_only=False)))
        states: NDArray[np.object_] = np.full(len(lon), None, dtype=object)
        states[~unplaced] = "given"
        scores = np.full(len(lon), np.nan)
        areas: NDArray[np.object_] = np.full(len(lon), None, dtype=object)
        lon, lat = lon.copy(), lat.copy()
        found = self._find(texts.take(pa.array(asked)).to_pylist()) if len(asked) else []
        for k, one in zip(asked.tolist(), found, strict=True):
            self.counts[one.state] += 1
            states[k], areas[k] = one.state, one.area
            if one.score is not None:
                scores[k] = one.score
            if one.lon is not None and one.lat is not None:
                lon[k], lat[k] = one.lon, one.lat
        columns["place_state"] = pa.array(states, type=pa.string())
        columns["place_score"] = scores
        return lon, lat, pa.array(areas, type=pa.string())

    def tell(self, findings: Findings) -> None:
        """Say how many rows found their place by their address."""
        if not sum(self.counts.values()):
            return
        findings.add(
            "places_of_addresses",
            "note",
            _(
                "By their addresses %(sure)s rows found their place; %(doubtful)s are doubtful and "
                "%(none)s say nothing: a person places them in the command centre."
            ),
            sure=self.counts["sure"],
            doubtful=self.counts["doubtful"],
            none=self.counts["none"],
        )
