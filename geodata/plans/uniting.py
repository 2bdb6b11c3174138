"""One net out of several, laid on a draft: asked for as long work, kept as one step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.accounts import record
from geodata.database import jobs
from geodata.errors import Cancelled, InvalidInput
from geodata.plans import departments
from geodata.plans.agreeing import agreement
from geodata.plans.drafting import drawable, replace, whole
from geodata.plans.fitting import fitted
from geodata.plans.succeeding import successors
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.plans.net import Net
    from geodata.profiles import Profile

KIND: Final = "fit"
STAGES: Final = {
    "comparing": _("Laying the nets over each other"),
    "fitting": _("Looking for the net that fits all best"),
    "laying": _("Laying the net on the draft"),
}
"""What is being done, in the order in which it is."""


def ask(
    database: Database,
    actor: Actor,
    plan_id: int,
    keys: Sequence[str],
    *,
    revision: int | None = None,
    language: str = "zh",
    profile: str | None = None,
) -> int:
    """Ask for the net that fits several best and get the job's number.

    Args:
        database: Where.
        actor: Who asks; must be allowed to draw on the draft.
        plan_id: Which draft.
        keys: As of ``departments.agreement``.
        revision: The one that was seen; the newest if not given.
        language: Of what the job tells.
        profile: The city's, by name or file.

    Raises:
        NotFound: No such draft, or no such net.
        NotAllowed: The role or the area of duty.
        InvalidInput: Fewer than two nets, or one that does not lie here.
        StaleRevision: The draft is not at ``revision`` any more.
        Conflict: It is published.
    """
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        net = whole(tx.connection, row)
        given, _names = departments.chosen(tx.connection, row, net, keys)
        if len(given) < 2:
            raise InvalidInput("Give at least two nets to compare.")
        arguments = {"plan": plan_id, "revision": row.revision, "nets": list(given)}
        number = jobs.submit_within(
            tx,
            KIND,
            {**arguments, "profile": profile},
            actor={"user_id": actor.user_id, "language": language},
            asked_by=actor.user_id,
        )
        record(tx, actor, "fit_asked", f"plans/{plan_id}", job=number, nets=list(given))
    return number


def fit(
    database: Database,
    actor: Actor,
    profile: Profile,
    plan_id: int,
    keys: Sequence[str],
    *,
    revision: int | None = None,
    tell: Callable[[str, float], bool] = lambda _stage, _share: False,
) -> dict[str, Any]:
    """Draw the net that fits several best and lay it on the draft as one step.

    The draft is not locked meanwhile; what others drew then is not overwritten.

    Args:
        database: Where.
        actor: Who asks.
        profile: What findings are.
        plan_id: Which draft.
        keys: As of ``departments.agreement``.
        revision: The one that was seen; the newest if not given.
        tell: Told the stage and the share done; true stops it: the draft stays as it was.

    Returns:
        ``revision`` of the draft, ``grids``, and ``nets``: of each net ``name`` and how far the
        new one agrees with it (``agreement``; None: nobody lives there).

    Raises:
        Cancelled: It was stopped.
        StaleRevision: Somebody drew on the draft meanwhile.
    """
    stopped = tell("comparing", 0.0)
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        net = whole(tx.connection, row)
        given, names = departments.chosen(tx.connection, row, net, keys)

    def told(share: float) -> bool:
        nonlocal stopped
        stopped = tell("fitting", 0.1 + 0.7 * share) or stopped
        return stopped

    done = united(net, given, told=told)
    if stopped or tell("laying", 0.85):
        raise Cancelled("The draft stays as it was: the work was stopped.")
    outcome = replace(
        database,
        actor,
        profile,
        plan_id,
        lambda _before: done,
        revision=row.revision,
        kind=KIND,
        nets=list(names.values()),
    )
    grids = done.borders()[["code", "name", "geometry"]]
    told_of = []
    for key, patches in given.items():
        index: Any = agreement(done.units, {"net 1": grids, "net 2": patches}).index.iloc[0, 1]
        value = None if np.isnan(index) else round(float(index), 4)
        told_of.append({"net": key, "name": names[key], "agreement": value})
    return {"revision": outcome.draft.revision, "grids": len(grids), "nets": told_of}


def united(
    net: Net,
    nets: dict[str, gpd.GeoDataFrame],
    *,
    told: Callable[[float], bool] = lambda _share: False,
) -> Net:
    """The net with the one that fits several best on all ground that no locked grid has.

    A grid that has most households of one that was there carries on its code and worker.

    Args:
        net: Units and grids of a draft.
        nets: As of ``fitting.fitted``.
        told: As of ``fitting.fitted``.
    """
    locked = net.grids.index[net.grids["locked"].to_numpy(dtype=bool)]
    held = net.units["grid"].isin(locked)
    free = dataclasses.replace(net, units=net.units[~held])
    if not len(free.units):
        raise InvalidInput("All grids of this draft are locked.")
    found = fitted(free, nets, told=told)
    units = net.units.copy()
    units.loc[found.units.index, "grid"] = found.units["grid"]
    grids = found.grids.copy()
    old = net.borders().drop(index=locked)
    old = old[old["code"].notna()].rename(columns={"community": "area_code"})
    if len(old):
        worker = dict(zip(old["code"], old["worker"], strict=True))
        for grid, code in successors(found, old.reset_index(drop=True)).items():
            grids.loc[grid, "code"] = code
            grids.loc[grid, "worker"] = worker[code]
    rows = pd.concat([net.grids.loc[locked], grids]).astype({"locked": bool})
    rows.index.name = net.grids.index.name
    return dataclasses.replace(net, units=units, grids=rows, next_grid=found.next_grid)
