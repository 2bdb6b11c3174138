"""One name for several grids."""

from __future__ import annotations

from collections.abc import Iterator

from geodata.plans.findings.duplicates import same
from geodata.plans.findings.finding import Found
from geodata.plans.findings.subject import Subject

RULE = "duplicate_name"


def find(subject: Subject) -> Iterator[Found]:
    """Each name that several grids of one community have."""
    yield from same(subject, "name", within="community")
