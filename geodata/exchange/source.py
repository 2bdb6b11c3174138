"""A file being read, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geodata.exchange.findings import Findings


@dataclass(slots=True)
class Chunk:
    """Some rows: their numbers as the file's reader shows them, attributes, and geometries.

    ``geometry`` is an array of shapely geometries (None where a row has none), or None if the
    file has no geometry of its own. ``share`` is how much of the file is read by now.
    """

    rows: NDArray[np.int64]
    table: pa.Table
    geometry: NDArray[np.object_] | None = None
    share: float = 1.0

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.rows)


@dataclass
class Source:
    """A file, one layer of it, and what it says about itself.

    ``crs`` is ``EPSG:n`` or WKT, None if the file does not say. ``findings`` fills while the
    chunks are read: lines that could not be read, an encoding that had to be guessed.
    """

    path: Path
    filename: str
    driver: str = ""
    layer: str | None = None
    layers: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    crs: str | None = None
    has_geometry: bool = False
    total: int | None = None
    findings: Findings = field(default_factory=Findings)

    def chunks(self, most: int | None = None) -> Iterator[Chunk]:
        """The rows, in pieces of some 100,000; the first ``most`` if given."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what is open."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def unique_names(names: list[Any]) -> list[str]:
    """Column names, trimmed, never empty, never twice."""
    answer: list[str] = []
    for place, name in enumerate(names, start=1):
        plain = str(name if name is not None else "").strip().strip("\ufeff") or f"column_{place}"
        unique, n = plain, 2
        while unique in answer:
            unique, n = f"{plain}_{n}", n + 1
        answer.append(unique)
    return answer
