"""Grids of a file beside nets that were published: nothing of these is undone unseen.

A file is often older than the net in force: made before a plan was published and sent after it.
Taken as it stands it would bring ended grids back, or lay two nets on the same ground.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geodata.errors import Conflict
from geodata.plans import store_published

if TYPE_CHECKING:
    import sqlalchemy as sa

NAMED: Final = 20
"""How many codes a refusal names."""
MOST: Final = 0.5
"""The share of a grid's ground that a file's must cover to be meant in its place."""


def refuse_over_published(
    connection: sa.Connection,
    *,
    codes: Collection[str | None],
    communities: Collection[str | None],
    shapes: Any,
    since: datetime | None,
    replace: bool,
) -> None:
    """Refuse grids that would contradict a published net.

    Args:
        connection: Of the import's transaction, which has locked the layer.
        codes: Of the file's grids.
        communities: Theirs.
        shapes: Theirs, in WGS 84.
        since: From when they shall hold; None: from now.
        replace: Whether grids that the file does not have end.

    Raises:
        Conflict: A net comes into force there after that moment; a grid has the code of one that
            a published net ended; or a grid of a published net lies below the file's, is none of
            them, and would stay.
    """
    start = since or datetime.now(UTC)
    here = None if replace else sorted({one for one in communities if one is not None})
    to_come = store_published.days_to_come(connection, start, here)
    if to_come:
        day, name = to_come[-1]
        raise _because(
            "net_to_come",
            "The net of “%(name)s” holds here from %(day)s on. Import this file from a later day "
            "on, or withdraw that net first.",
            name=name,
            day=day.isoformat(),
        )
    known = {code for code in codes if code is not None}
    ended = store_published.codes_ended(connection, known)
    if ended:
        raise _because(
            "code_ended",
            "A published net ended the grids %(codes)s; their codes are never used again. If this "
            "file is older than that net, leave it; else leave these codes out, and new ones are "
            "given.",
            codes=_named(ended),
        )
    doubled = [] if replace else _below(connection, known, shapes)
    if doubled:
        raise _because(
            "net_below",
            "The grids %(codes)s of a published net lie on the same ground and are not in this "
            "file; both would be in force. Add them to the file, or let what the file does not "
            "have end.",
            codes=_named(doubled),
        )


def _below(connection: sa.Connection, codes: Collection[str], shapes: Any) -> list[str]:
    """Published grids that are not in the file and lie for the most part below its grids."""
    if not len(shapes):
        return []
    west, south, east, north = (float(one) for one in shapely.total_bounds(shapes))
    rows = store_published.grids_of_published(connection, (west, south, east, north), codes)
    if not rows:
        return []
    standing = shapely.from_wkb(np.array([bytes(row.wkb) for row in rows], dtype=object))
    one, other = shapely.STRtree(shapes).query(standing, predicate="intersects")
    common = shapely.area(shapely.intersection(standing[one], shapes[other]))
    covered = np.bincount(one, common, minlength=len(standing))
    most = covered > MOST * shapely.area(standing)
    return [rows[k].code for k in np.flatnonzero(most).tolist()]


def _because(reason: str, sentence: str, **said: str) -> Conflict:
    error = Conflict(sentence, **said)
    error.members["reason"] = reason
    return error


def _named(codes: Collection[str]) -> str:
    first = sorted(codes)
    return ", ".join(first[:NAMED]) + (" …" if len(first) > NAMED else "")
