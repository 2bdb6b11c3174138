"""Grids that are no patch of another net over the same place (多网并立)."""

from __future__ import annotations

from collections.abc import Iterator

from geodata.plans.findings.finding import Found, said
from geodata.plans.findings.subject import Subject

RULE = "other_net"

_SAME = 0.95


def find(subject: Subject) -> Iterator[Found]:
    """Each grid that agrees with no patch of the other net on 95% of their common ground."""
    if subject.others is None:
        return
    for who, share in subject.others[subject.others < _SAME].items():
        yield Found(
            (who,),
            subject.grids.geometry[who],
            {"share": round(float(share), 4)},
            {"grid": subject.title(who), "share": said(100 * float(share))},
        )
