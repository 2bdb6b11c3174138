"""Working on a draft: kept, copied, drawn on and taken back.

Every change locks the draft, must name the revision that its planner saw, loads only the grids
concerned and those beside them, and keeps the rows as they were before and after.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
import pandas as pd
import shapely

from geodata.accounts import record, require
from geodata.crs import convert_geometries
from geodata.errors import Conflict
from geodata.plans import actions, keeping, numbering, store
from geodata.plans.actions import Reach, Refused
from geodata.plans.drafts import Draft, checked_name, draft_of, drawable, readable, whole
from geodata.plans.findings import Finding
from geodata.plans.net import Net
from geodata.plans.surrounding import Seen, seen
from geodata.words import sentence as _

if TYPE_CHECKING:
    import sqlalchemy as sa

    from geodata.accounts import Actor
    from geodata.database import Database, Transaction
    from geodata.profiles import Profile

DRAWN: Final = ("line", "polygon", "from", "to")
"""What of an action is drawn."""
LARGEST_NUMBER: Final = 2**31 - 1


@dataclass(frozen=True)
class Outcome:
    """What a change made of a draft.

    ``net`` is the part of the draft that was loaded: the grids that changed, whole, and those
    beside them, with the streets and walls there. ``figures`` and ``findings`` are those of the
    grids that changed.
    """

    draft: Draft
    net: Net
    findings: tuple[Finding, ...]
    figures: pd.DataFrame
    changed: tuple[int, ...]
    removed: tuple[int, ...]
    changed_units: tuple[int, ...]
    removed_units: tuple[int, ...]


# ── opening ──────────────────────────────────────────────────────────────────────────────────


def keep_draft(
    tx: Transaction, actor: Actor, net: Net, *, name: str, area_code: str, **values: Any
) -> Draft:
    """Store a net as a new draft, within the transaction of the verb that made it.

    Args:
        tx: Of the verb, which has asked for the permission.
        actor: Whose draft it is.
        net: Its crs has an EPSG code.
        name: What people call it.
        area_code: Whose net is drawn.
        values: Further columns: ``communities``, ``start``, ``base``, ``report``.
    """
    srid = net.units.crs.to_epsg()
    lies = [str(code) for code in values["communities"]]
    named = numbering.kept_with_names(tx.connection, net, lies, language=actor.language or "zh")
    row = store.add_plan(
        tx.connection,
        name=checked_name(name),
        area_code=area_code,
        srid=srid,
        next_unit=net.next_unit,
        next_grid=net.next_grid,
        made_by=actor.user_id,
        made_by_name=actor.name,
        **values,
    )
    store.write(tx.connection, row.id, keeping.rows_of(named, srid=srid))
    tx.changed("plans", str(row.id), "added", revision=0)
    record(tx, actor, "opened_draft", f"plans/{row.id}", area=area_code, start=row.start)
    return draft_of(row)


def copy(database: Database, actor: Actor, plan_id: int, *, name: str) -> Draft:
    """A draft of one's own with the same net, and a history that begins anew."""
    with database.begin() as tx:
        old = readable(tx.connection, actor, plan_id)
        require(actor, "draw_plan", area_codes=[old.area_code], connection=tx.connection)
        kept = ("area_code", "communities", "srid", "next_unit", "next_grid", "base", "report")
        row = store.add_plan(
            tx.connection,
            **{column: getattr(old, column) for column in kept},
            name=checked_name(name),
            start="copy",
            copied_from=plan_id,
            made_by=actor.user_id,
            made_by_name=actor.name,
        )
        store.copy_rows_of(tx.connection, plan_id, row.id)
        tx.changed("plans", str(row.id), "added", revision=0)
        record(tx, actor, "copied_draft", f"plans/{row.id}", of=plan_id)
    return draft_of(row)


# ── changing ─────────────────────────────────────────────────────────────────────────────────


def act(
    database: Database,
    actor: Actor,
    profile: Profile,
    plan_id: int,
    action: Mapping[str, Any],
    *,
    revision: int,
) -> Outcome:
    """Do one action of ``geodata.plans.actions`` on a draft.

    Args:
        database: Where.
        actor: Who draws; the draft's area must be in the areas of duty.
        profile: Says what findings are.
        plan_id: Which draft.
        action: ``{"action": …}`` and its arguments; geometries as GeoJSON in WGS 84.
        revision: The one that was looked at.

    Raises:
        NotFound: no such draft.
        NotAllowed: the role or the area of duty.
        StaleRevision: somebody was faster; ``difference`` says what changed since.
        Refused: the action cannot be done; the draft is as it was.
        Conflict: the draft is published already.
    """
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        here = _in_metres(action, row.srid)
        before = _part(tx.connection, row, actions.reach_of(here))
        after = actions.apply(before, here).net
        kept = _keep(tx, actor, row, before, after, kind=str(here.get("action")), action=action)
        around = seen(tx.connection, kept.net, profile, part_of=plan_id)
    return _examined(kept, around, profile)


def replace(
    database: Database,
    actor: Actor,
    profile: Profile,
    plan_id: int,
    work: Callable[[Net], Net],
    *,
    revision: int | None = None,
    kind: str = "proposal",
    **action: Any,
) -> Outcome:
    """Make another net of a whole draft, such as one that was proposed, as one step.

    Args:
        database: Where.
        actor: Who wants it.
        profile: Says what findings are.
        plan_id: Which draft.
        work: From the whole net to the new one.
        revision: The one that ``work`` was made for; the newest if not given.
        kind: What the history calls it.
        action: What else the history keeps.
    """
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        before = whole(tx.connection, row)
        kept = _keep(tx, actor, row, before, work(before), kind=kind, action=action)
        around = seen(tx.connection, kept.net, profile)
    return _examined(kept, around, profile)


def undo(
    database: Database, actor: Actor, profile: Profile, plan_id: int, *, revision: int | None = None
) -> Outcome:
    """Take back the last step that was not taken back yet, whoever did it.

    Raises:
        Conflict: there is none.
    """
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        if row.undoable is None:
            raise Conflict("There is no step that could be taken back.")
        done = store.step(tx.connection, plan_id, row.undoable)
        kept = _restore(
            tx,
            actor,
            row,
            (done.after, done.before),
            {"kind": "undo", "of": done.revision, "below": row.redoable},
            undoable=done.below,
            redoable=row.revision + 1,
        )
        around = seen(tx.connection, kept.net, profile, part_of=plan_id)
    return _examined(kept, around, profile)


def redo(
    database: Database, actor: Actor, profile: Profile, plan_id: int, *, revision: int | None = None
) -> Outcome:
    """Do again what was taken back last.

    Raises:
        Conflict: nothing was, or something else was drawn since.
    """
    with database.begin() as tx:
        row = drawable(tx.connection, actor, plan_id, revision=revision)
        if row.redoable is None:
            raise Conflict("There is no step that could be done again.")
        taken_back = store.step(tx.connection, plan_id, row.redoable)
        kept = _restore(
            tx,
            actor,
            row,
            (taken_back.after, taken_back.before),
            {"kind": "redo", "of": taken_back.of, "below": None},
            undoable=taken_back.of,
            redoable=taken_back.below,
        )
        around = seen(tx.connection, kept.net, profile, part_of=plan_id)
    return _examined(kept, around, profile)


def _keep(
    tx: Transaction,
    actor: Actor,
    row: Any,
    before: Net,
    after: Net,
    *,
    kind: str,
    action: Mapping[str, Any],
) -> Outcome:
    """Store what differs between two states of a part of a draft, as one step."""
    after = numbering.kept_with_names(
        tx.connection,
        after,
        row.communities,
        before=before.grids.index,
        plan_id=row.id,
        language=actor.language or "zh",
    )
    old, new = keeping.difference(
        keeping.rows_of(before, srid=row.srid), keeping.rows_of(after, srid=row.srid)
    )
    store.write(tx.connection, row.id, new, gone=keeping.gone(old, new))
    now = row.revision + 1
    touched = keeping.numbers_of(old, new)
    grids = keeping.grids_concerned(old, new)
    store.add_step(
        tx.connection,
        plan_id=row.id,
        revision=now,
        user_id=actor.user_id,
        actor=actor.name,
        kind=kind,
        below=row.undoable,
        action=dict(action),
        units=touched["units"],
        grids=grids,
        before=old,
        after=new,
    )
    changed = store.change_plan(
        tx.connection,
        row.id,
        revision=now,
        state="draft",
        undoable=now,
        redoable=None,
        next_unit=max(row.next_unit, after.next_unit),
        next_grid=max(row.next_grid, after.next_grid),
    )
    _tell(tx, actor, changed, kind)
    return _outcome(changed, after, old, new, grids)


def _restore(
    tx: Transaction,
    actor: Actor,
    row: Any,
    rows: tuple[keeping.Rows, keeping.Rows],
    step: Mapping[str, Any],
    *,
    undoable: int | None,
    redoable: int | None,
) -> Outcome:
    """Put rows of the history in the place of those that stand."""
    old, new = rows
    store.write(tx.connection, row.id, new, gone=keeping.gone(old, new))
    now = row.revision + 1
    touched = keeping.numbers_of(old, new)
    grids = keeping.grids_concerned(old, new)
    store.add_step(
        tx.connection,
        plan_id=row.id,
        revision=now,
        user_id=actor.user_id,
        actor=actor.name,
        **step,
        units=touched["units"],
        grids=grids,
        before=old,
        after=new,
    )
    changed = store.change_plan(
        tx.connection, row.id, revision=now, state="draft", undoable=undoable, redoable=redoable
    )
    _tell(tx, actor, changed, step["kind"])
    net = _part(tx.connection, changed, Reach(tuple(grids), tuple(touched["units"])))
    return _outcome(changed, net, old, new, grids)


def _tell(tx: Transaction, actor: Actor, row: Any, kind: str) -> None:
    tx.changed("plans", str(row.id), "changed", revision=row.revision)
    record(tx, actor, "changed_draft", f"plans/{row.id}", kind=kind, revision=row.revision)


def _outcome(row: Any, net: Net, old: keeping.Rows, new: keeping.Rows, grids: list[int]) -> Outcome:
    left = set(net.grids.index.tolist())
    lost = keeping.gone(old, new)
    return Outcome(
        draft_of(row),
        net,
        (),
        pd.DataFrame(),
        changed=tuple(number for number in grids if number in left),
        removed=tuple(number for number in grids if number not in left),
        changed_units=tuple(keeping.numbers_of(new)["units"]),
        removed_units=tuple(lost["units"]),
    )


def _examined(kept: Outcome, around: Seen, profile: Profile) -> Outcome:
    """The outcome with the lines around it and what is wrong with the grids that changed."""
    return dataclasses.replace(
        kept,
        net=around.net,
        findings=tuple(around.findings(profile, kept.changed)),
        figures=around.figures(profile, kept.changed),
    )


def _part(connection: sa.Connection, row: Any, reach: Reach) -> Net:
    """The grids and units that are reached, and the grids beside them, whole."""
    shape = None
    if reach.shape is not None:
        around = shapely.set_srid(reach.shape, row.srid)
        shape = shapely.to_wkb(around, hex=True, include_srid=True)
    units, grids = store.part(
        connection,
        row.id,
        named_grids=_small(reach.grids),
        named_units=_small(reach.units),
        shape=shape,
    )
    return keeping.net_of(
        units, grids, srid=row.srid, next_unit=row.next_unit, next_grid=row.next_grid
    )


def _in_metres(action: Mapping[str, Any], srid: int) -> dict[str, Any]:
    """The action with its GeoJSON in the draft's metres."""
    here = dict(action)
    for name in DRAWN:
        if here.get(name) is not None:
            here[name] = _geometry(here[name], srid)
    return here


def _geometry(given: Any, srid: int) -> Any:
    """A GeoJSON geometry in WGS 84 as a shape in metres."""
    try:
        shape = shapely.from_geojson(orjson.dumps(given))
    except (shapely.errors.GEOSException, TypeError, ValueError):
        shape = None
    points = shapely.get_coordinates(shape)
    if shape is None or not (np.abs(points) <= (180.0, 90.0)).all():
        raise _no_place()
    moved = convert_geometries([shape], from_="wgs84", to=f"EPSG:{srid}")[0]
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise _no_place()
    return moved


def _no_place() -> Refused:
    return Refused(
        _("Give what was drawn as GeoJSON, in longitudes and latitudes of WGS 84."),
        reason="no_place",
    )


def _small(numbers: Iterable[int]) -> list[int]:
    return [number for number in numbers if 0 < number <= LARGEST_NUMBER]
