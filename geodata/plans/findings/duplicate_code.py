"""One code for several grids."""

from __future__ import annotations

from collections.abc import Iterator

from geodata.plans.findings.duplicates import same
from geodata.plans.findings.finding import Found
from geodata.plans.findings.subject import Subject

RULE = "duplicate_code"


def find(subject: Subject) -> Iterator[Found]:
    """Each code that several grids have."""
    yield from same(subject, "code")
