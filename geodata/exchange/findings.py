"""What happened to a file, row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from geodata.exchange.fields import field_name
from geodata.words import sentence as _
from geodata.words import translate

Weight = Literal["refused", "mended", "changed", "note"]

# What people read of it.
WEIGHTS: dict[Weight, str] = {
    "refused": _("refused"),
    "mended": _("mended"),
    "changed": _("read otherwise"),
    "note": _("to know"),
}
STAGES = {
    "reading": _("Reading"),
    "checking": _("Checking"),
    "placing": _("Placing"),
    "storing": _("Storing"),
    "writing": _("Writing"),
    "finishing": _("Finishing"),
}
"""What is being done with a file."""

KEPT_FINDINGS = 50_000
REPORTED_FINDINGS = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing about one row, or about ``count`` rows of which ``row`` is first.

    ``row`` counts as the file's reader shows it: a table's header is row 1, a feature file's
    first feature is 1; absent: the whole file. ``message`` is an English sentence with named
    places for ``params``, and the key of its translation.
    """

    kind: str
    weight: Weight
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    row: int | None = None
    name: str = ""
    count: int = 1

    def read(self, language: str = "en") -> str:
        """The sentence in a language, with the names that fields and systems have for people."""
        params = dict(self.params)
        if "field" in params:
            params["field"] = field_name(str(params["field"]), language)
        return translate(self.message, language, **params)

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """JSON for the API: the sentence read out, and its parts."""
        return {
            "kind": self.kind,
            "weight": self.weight,
            "row": self.row,
            "name": self.name,
            "count": self.count,
            "message": self.read(language),
            "params": dict(self.params),
        }


@dataclass(slots=True)
class Findings:
    """The findings of one file; the first ``KEPT_FINDINGS`` are kept, all are counted."""

    kept: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    _grouped: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        weight: Weight,
        message: str,
        *,
        row: int | None = None,
        name: str = "",
        count: int = 1,
        **params: Any,
    ) -> None:
        """Add one finding."""
        self.counts[kind] = self.counts.get(kind, 0) + count
        if len(self.kept) < KEPT_FINDINGS:
            self.kept.append(Finding(kind, weight, message, params, row, name, count))

    def add_value(
        self, kind: str, message: str, *, row: int, count: int, field: str, value: str
    ) -> None:
        """Add a note about a value of a column, one finding for all rows that have it."""
        key = (f"{kind}/{field}", value)
        at = self._grouped.get(key)
        if at is None:
            self._grouped[key] = len(self.kept)
            self.add(kind, "note", message, row=row, count=count, field=field, value=value)
            return
        self.counts[kind] += count
        if at < len(self.kept):
            old = self.kept[at]
            self.kept[at] = Finding(
                old.kind, old.weight, old.message, old.params, old.row, old.name, old.count + count
            )

    def __len__(self) -> int:
        """All, also those that were not kept."""
        return sum(self.counts.values())

    def __iter__(self) -> Iterator[Finding]:
        """Those that were kept."""
        return iter(self.kept)


@dataclass(slots=True)
class Report:
    """What became of a file.

    ``rows`` = ``added + changed + unchanged + refused``, but for lines that were taken apart and
    rows that name one case twice. ``stored`` is false for a dry run and for a file refused whole.
    """

    layer: str
    filename: str
    crs: str = ""
    crs_reason: str = ""
    mapping: dict[str, str] = field(default_factory=dict)
    unmapped: list[str] = field(default_factory=list)
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int = 0
    mended: int = 0
    refused: int = 0
    unplaced: int = 0
    stored: bool = False
    dry_run: bool = False
    import_id: int | None = None
    seconds: float = 0.0
    findings: Findings = field(default_factory=Findings)

    @property
    def taken(self) -> int:
        """Rows that are in the layer now as the file has them."""
        return self.added + self.changed + self.unchanged

    def as_dict(self, language: str = "en", *, most: int = REPORTED_FINDINGS) -> dict[str, Any]:
        """JSON for the API and the ``imports`` table; the weightiest ``most`` findings."""
        names = (
            "layer filename crs crs_reason mapping unmapped rows taken added changed unchanged "
            "ended mended refused unplaced stored dry_run import_id seconds"
        )
        answer: dict[str, Any] = {name: getattr(self, name) for name in names.split()}
        answer["findings"] = [one.as_dict(language) for one in weightiest(self.findings, most)]
        answer["findings_total"] = len(self.findings)
        answer["findings_by_kind"] = dict(self.findings.counts)
        return answer

    def write_csv(self, path: Path, language: str = "en") -> None:
        """All kept findings as a table that Excel opens."""
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            heads = (
                _("row"),
                _("name"),
                _("what became of it"),
                _("what"),
                _("rows"),
                _("kind of finding"),
            )
            out.writerow([translate(head, language) for head in heads])
            for one in self.findings:
                name = one.name if not one.name.startswith(("=", "+", "-", "@")) else "'" + one.name
                weight = translate(WEIGHTS[one.weight], language)
                out.writerow([one.row, name, weight, one.read(language), one.count, one.kind])


_ORDER: dict[str, int] = {"refused": 0, "mended": 1, "changed": 2, "note": 3}


def weightiest(findings: Iterable[Finding], most: int) -> list[Finding]:
    """The first ``most`` findings: what is about the whole file first, then by weight and row."""
    return sorted(findings, key=lambda f: (f.row is not None, _ORDER[f.weight], f.row or 0))[:most]
