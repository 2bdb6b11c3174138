"""Grids that nobody answers for."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from geodata.plans.findings.finding import Found
from geodata.plans.findings.subject import Subject

RULE = "no_worker"


def find(subject: Subject) -> Iterator[Found]:
    """Each grid without a worker; where none has one, posts are not known: nothing is said."""
    if "worker" not in subject.grids:
        return
    workers = _said(subject.grids["worker"])
    beyond = None if subject.beyond is None else _said(subject.beyond["worker"])
    if not (workers != "").any() and (beyond is None or not (beyond != "").any()):
        return
    for who in subject.grids.index[(workers == "").to_numpy()]:
        yield Found((who,), subject.grids.geometry[who], {}, {"grid": subject.title(who)})


def _said(column: pd.Series) -> pd.Series:
    return column.astype("string").str.strip().fillna("")
