"""Grids that nobody answers for."""

from __future__ import annotations

from collections.abc import Iterator

from geodata.plans.findings.finding import Found
from geodata.plans.findings.subject import Subject

RULE = "no_worker"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid without a worker; where none has one, posts are not known: nothing is said."""
    if "worker" not in subject.grids:
        return
    workers = subject.grids["worker"].astype("string").str.strip().fillna("")
    if not (workers != "").any():
        return
    for who in subject.grids.index[(workers == "").to_numpy()]:
        yield Found((who,), subject.grids.geometry[who], {}, {"grid": subject.title(who)})
