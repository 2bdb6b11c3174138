"""One net out of several, laid on a draft: asked for as long work, kept as one step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geodata.accounts import record
from geodata.database import jobs
from geodata.errors import Cancelled, InvalidInput
from geodata.plans import departments, store_standing
from geodata.plans.agreeing import agreement
from geodata.plans.drafting import replace
from geodata.plans.drafts import drawable, whole
from geodata.plans.succeeding import successors
from geodata.plans.surrounding import seen
from geodata.plans.telling import codes_of, cut_told, obstacle_told
from geodata.words import sentence as _

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.plans.fitting import Fitted
    from geodata.plans.net import Net
    from geodata.profiles import Profile

KIND: Final = "fit"
STAGES: Final = {
    "comparing": _("Laying the nets over each other"),
    "fitting": _("Looking for the net that fits all best"),
    "banding": _("Bringing the grids into the band of households"),
    "laying": _("Laying the net on the draft"),
}
"""What is being done, in the order in which it is."""


def ask(
    database: Database,
    actor: Actor,
    plan_id: int,
    keys: Sequence[str],
    *,
    band: bool = True,
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
        band: As of ``fit``.
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
        arguments = {"plan": plan_id, "revision": row.revision, "nets": list(given), "band": band}
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
    band: bool = True,
    revision: int | None = None,
    tell: Callable[[str, float], bool] = lambda _stage, _share: False,
) -> dict[str, Any]:
    """Draw the net that fits several best and lay it on the draft as one step.

    The draft is not locked meanwhile; what others drew then is not overwritten.

    Args:
        database: Where.
        actor: Who asks.
        profile: The band, and what findings are.
        plan_id: Which draft.
        keys: As of ``departments.agreement``.
        band: Whether the grids' households shall lie in the profile's band.
        revision: The one that was seen; the newest if not given.
        tell: Told the stage and the share done; true stops it: the draft stays as it was.

    Returns:
        ``revision`` of the draft, ``grids``, ``nets``: of each net ``name``, how far the new one
        agrees with it (``agreement``; None: nobody lives there) and how far it would without a band
        (``unbound``), ``band``: ``low`` ``high`` and how many grids lie ``within`` ``below`` and
        ``above`` it, ``obstacles`` and ``cuts`` as of a proposal.

    Raises:
        Cancelled: It was stopped.
        StaleRevision: Somebody drew on the draft meanwhile.
    """
    from geodata.plans.fitting import Fitted  # noqa: PLC0415 - takes seconds to load

    stopped = tell("comparing", 0.0)
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        net = seen(tx.connection, whole(tx.connection, row), profile).net
        given, names = departments.chosen(tx.connection, row, net, keys)
        called = store_standing.names_of(tx.connection, **codes_of(net))

    def telling(stage: str, first: float, most: float) -> Callable[[float], bool]:
        def told(share: float) -> bool:
            nonlocal stopped
            stopped = tell(stage, first + (most - first) * share) or stopped
            return stopped

        return told

    low, high = profile.grid_band.low, profile.grid_band.high
    free = united(net, given, told=telling("fitting", 0.1, 0.4))
    found = Fitted(free)
    if band and not stopped:
        told = telling("banding", 0.4, 0.8)
        found = united_within(net, free, given, low=low, high=high, told=told)
    if stopped or tell("laying", 0.85):
        raise Cancelled("The draft stays as it was: the work was stopped.")
    done = found.net
    outcome = replace(
        database,
        actor,
        profile,
        plan_id,
        lambda _before: done,
        revision=row.revision,
        kind=KIND,
        nets=list(names.values()),
        band=band,
    )
    language = actor.language or "zh"
    now, unbound = _agreements(done, given), _agreements(free, given)
    return {
        "revision": outcome.draft.revision,
        "grids": int(done.units["grid"].nunique()),
        "nets": [
            {"net": key, "name": names[key], "agreement": now[key], "unbound": unbound[key]}
            for key in given
        ],
        "band": _against(done, low, high),
        "obstacles": [obstacle_told(one, done, called, language) for one in found.obstacles],
        "cuts": [cut_told(one, done, called, language, high=high) for one in found.cuts],
    }


def united(
    net: Net,
    nets: Mapping[str, gpd.GeoDataFrame],
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
    if net.units["grid"].isin(locked).all():
        raise InvalidInput("All grids of this draft are locked.")
    from geodata.plans.fitting import fitted  # noqa: PLC0415 - takes seconds to load

    return _carried_on(fitted(net, nets, told=told), net)


def united_within(
    net: Net,
    free: Net,
    nets: Mapping[str, gpd.GeoDataFrame],
    *,
    low: float,
    high: float,
    told: Callable[[float], bool] = lambda _share: False,
) -> Fitted:
    """What ``united`` gave brought into a band, with codes and workers of the net before it."""
    from geodata.plans.fitting import within_band  # noqa: PLC0415 - takes seconds to load

    found = within_band(free, nets, low=low, high=high, told=told)
    return dataclasses.replace(found, net=_carried_on(found.net, net))


def _carried_on(found: Net, before: Net) -> Net:
    """The net in which grids that carry on one have its code and worker, its name if without."""
    locked = before.grids.index[before.grids["locked"].to_numpy(dtype=bool)]
    old = before.borders().drop(index=locked)
    old = old[old["code"].notna()].rename(columns={"community": "area_code"})
    if not len(old):
        return found
    held = found.units["grid"].isin(locked)
    free = dataclasses.replace(found, units=found.units[~held], grids=found.grids.drop(locked))
    worker = dict(zip(old["code"], old["worker"], strict=True))
    name = dict(zip(old["code"], old["name"], strict=True))
    grids = found.grids.copy()
    for grid, code in successors(free, old.reset_index(drop=True)).items():
        grids.loc[grid, "code"] = code
        grids.loc[grid, "worker"] = worker[code]
        if not grids.loc[grid, "name"]:
            grids.loc[grid, "name"] = name[code]
    return dataclasses.replace(found, grids=grids)


def _agreements(net: Net, nets: Mapping[str, gpd.GeoDataFrame]) -> dict[str, float | None]:
    """How far a net agrees with each of the others."""
    grids = net.borders()[["code", "name", "geometry"]]
    found: dict[str, float | None] = {}
    for key, patches in nets.items():
        index: Any = agreement(net.units, {"net 1": grids, "net 2": patches}).index.iloc[0, 1]
        found[key] = None if np.isnan(index) else round(float(index), 4)
    return found


def _against(net: Net, low: int, high: int) -> dict[str, int]:
    """How the grids lie to the band."""
    sizes = net.units.groupby("grid")["households"].sum().to_numpy(dtype=float)
    below, above = int((sizes < low).sum()), int((sizes > high).sum())
    within = len(sizes) - below - above
    return {"low": low, "high": high, "within": within, "below": below, "above": above}
