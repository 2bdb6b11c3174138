"""From a draft to the net in force: submitted, approved, published for a day, withdrawn before it.

What stood keeps its rows: its versions end where the new ones begin, at the start of the day in the
city's time zone. Cases keep the grid that stood when they were reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely

from geodata.accounts import record
from geodata.crs import convert_geometries
from geodata.database.copying import Same, copy_rows
from geodata.errors import Conflict, InvalidInput, NotAllowed
from geodata.places import codes, storing
from geodata.places.tables import grids as grid_table
from geodata.plans import corresponding, drafts, keeping, numbering, store, store_standing
from geodata.plans.drafts import Draft, draft_of
from geodata.plans.succeeding import communities, successors
from geodata.plans.surrounding import Seen, seen
from geodata.words import sentence as _

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database, Transaction
    from geodata.plans.net import Net
    from geodata.profiles import Profile

SAME_M2: Final = 1.0
"""A grid whose ground differs by less is the same grid still."""
LONGEST_REASON: Final = 1_000
TOLD: Final = 100
"""How many findings a refusal tells."""
NAMED: Final = 20
"""How many codes a refusal names."""


@dataclass(frozen=True)
class Published:
    """What a publication did, by code."""

    draft: Draft
    changed: tuple[str, ...]
    added: tuple[str, ...]
    ended: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True)
class _Coded:
    """The codes of a net's grids, by number.

    ``given`` are carried on from before, by the grids of ``same`` unchanged; ``new`` are new.
    ``was``: the rows of all grids as the draft had them until then.
    """

    given: dict[int, str]
    new: dict[int, str]
    same: set[int]
    was: list[dict[str, Any]]


def submit(database: Database, actor: Actor, plan_id: int, *, revision: int | None = None) -> Draft:
    """Ask a second person to approve the draft as it is now."""
    with database.begin() as tx:
        row = drafts.drawable(tx.connection, actor, plan_id, revision=revision)
        if row.state not in {"draft", "withdrawn"}:
            raise Conflict("This draft is submitted already.")
        return _step(
            tx,
            actor,
            row,
            "submit",
            state="submitted",
            submitted_by=actor.user_id,
            submitted_revision=row.revision + 1,
            approved_by=None,
        )


def approve(
    database: Database, actor: Actor, plan_id: int, *, revision: int | None = None
) -> Draft:
    """Approve what another one submitted. Whoever draws on it afterwards makes it void.

    Raises:
        Conflict: it is not submitted.
        NotAllowed: the same person submitted it.
    """
    with database.begin() as tx:
        row = drafts.drawable(
            tx.connection, actor, plan_id, revision=revision, permission="approve_plan"
        )
        if row.state != "submitted":
            raise Conflict("This draft is not submitted for approval.")
        if actor.user_id is not None and actor.user_id == row.submitted_by:
            raise NotAllowed("Somebody else must approve what you submitted.")
        return _step(tx, actor, row, "approve", state="approved", approved_by=actor.user_id)


def publish(
    database: Database,
    actor: Actor,
    profile: Profile,
    plan_id: int,
    *,
    day: date,
    reason: str,
    revision: int | None = None,
) -> Published:
    """Put the draft's net into force from the start of a day on.

    Args:
        database: Where.
        actor: Who publishes.
        profile: Its time zone, codes, and what it asks for before a net is published.
        plan_id: Which draft.
        day: Today or later.
        reason: Why; kept with the draft.
        revision: The one that was looked at; the newest if not given.

    Raises:
        InvalidInput: the day has passed, or there is no reason.
        Conflict: the ground has another net by now, or the approval is missing.
    """
    why = _checked_reason(reason)
    start = datetime.combine(day, time.min, tzinfo=profile.zone)
    if day < datetime.now(profile.zone).date():
        raise InvalidInput("%(day)s has passed; name today or a later day.", day=day.isoformat())
    with database.begin() as tx:
        row = drafts.drawable(
            tx.connection, actor, plan_id, revision=revision, permission="publish_plan"
        )
        if profile.plans.second_person and row.state != "approved":
            raise _because(
                "needs_approval",
                Conflict("A second person must approve this draft before it is published."),
            )
        storing.lock(tx.connection, "grids")
        _refuse_another_base(tx, row, start)
        net = drafts.whole(tx.connection, row)
        _refuse_findings(actor, seen(tx.connection, net, profile), profile)
        old = _standing(tx, row)
        given = successors(net, old)
        was = keeping.rows_of(net, srid=row.srid)["grids"]
        called = dict(zip(old["code"], old["name"], strict=True))
        net = numbering.kept_with_names(
            tx.connection,
            net,
            row.communities,
            language=actor.language or "zh",
            wishes={grid: called[code] for grid, code in given.items() if called[code]},
        )
        new = _numbered(tx, net, given, digits=profile.codes.grid)
        same = _unchanged(net, old, given)
        corresponding.keep(tx.connection, row, net, old=old, codes=given | new)
        coded = _Coded(given, new, same, was)
        return _write(tx, actor, row, net, coded, old=old, day=(day, start), why=why)


def withdraw(database: Database, actor: Actor, profile: Profile, plan_id: int) -> Draft:
    """Take a publication back before its day; the draft can be drawn on again.

    Raises:
        Conflict: it is not published, or in force already, or another one stands upon it.
    """
    with database.begin() as tx:
        row = drafts.drawable(
            tx.connection, actor, plan_id, permission="publish_plan", published_too=True
        )
        if row.state != "published":
            raise Conflict("This draft is not published.")
        start = datetime.combine(row.holds_from, time.min, tzinfo=profile.zone)
        if start <= datetime.now(UTC):
            raise Conflict(
                "This net is in force since %(day)s and stays in the history; publish another one.",
                day=row.holds_from.isoformat(),
            )
        storing.lock(tx.connection, "grids")
        done = row.published
        if not store_standing.take_back_versions(
            tx.connection, done["opened"], done["closed"], start
        ):
            raise Conflict("Another net was published upon this one; withdraw that one first.")
        for code in sorted({*done["new"], *done["changed"], *done["ended"]}):
            tx.changed("grids", code, "withdrawn", plan=plan_id)
        published = store.step(tx.connection, plan_id, done["revision"])
        store.write(tx.connection, plan_id, published.before)
        return _step(
            tx,
            actor,
            row,
            "withdraw",
            rows=(published.after, published.before),
            state="withdrawn",
            holds_from=None,
            reason=None,
            published=None,
        )


def tell_of_begun(database: Database) -> int:
    """Tell everybody of the nets that came into force today; gives how many grids began or ended.

    Tiles and lists are kept by the layer's version, which nothing else raises on that day.
    """
    with database.begin() as tx:
        codes = store_standing.codes_begun(tx.connection)
        for code in codes:
            tx.changed("grids", code, "began")
    return len(codes)


def _checked_reason(reason: str) -> str:
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidInput("Give a reason of 1 to %(most)s characters.", most=LONGEST_REASON)
    return reason.strip()


def _refuse_another_base(tx: Transaction, row: Any, start: datetime) -> None:
    """Refuse if the net in force is another than at the draft's start."""
    now = store_standing.last_versions(tx.connection, list(row.communities))
    base: dict[str, int] = row.base
    other = {code for code, one in now.items() if base.get(code) != one.id}
    other |= base.keys() - now.keys()
    if other:
        sentence = _(
            "The net here has changed since this draft was opened (%(codes)s): open a new draft, "
            "or withdraw the other net."
        )
        raise _because("base_changed", Conflict(sentence, codes=_named(other)))
    late = {code for code, one in now.items() if one.since is not None and one.since >= start}
    if late:
        sentence = _("These began only on that day or later: %(codes)s. Name a later day.")
        raise _because("later_day", Conflict(sentence, codes=_named(late)))


def _because(reason: str, error: Conflict) -> Conflict:
    error.members["reason"] = reason
    return error


def _named(codes: set[str]) -> str:
    first = sorted(codes)
    return ", ".join(first[:NAMED]) + (" …" if len(first) > NAMED else "")


def _refuse_findings(actor: Actor, around: Seen, profile: Profile) -> None:
    """Refuse what the profile does not let be published."""
    blocking = [one for one in around.findings(profile) if one.severity == "error"]
    if blocking:
        error = Conflict(
            "%(count)s findings must be mended before this net is published.", count=len(blocking)
        )
        language = actor.language or "zh"
        told = [one.as_dict(language) for one in blocking[:TOLD]]
        error.members |= {"reason": "findings", "findings": told}
        raise error


def _standing(tx: Transaction, row: Any) -> gpd.GeoDataFrame:
    """The grids in force, in the draft's metres."""
    rows = store_standing.standing(tx.connection, "grids", list(row.communities))
    shapes = shapely.from_wkb(np.array([bytes(one["geom"]) for one in rows], dtype=object))
    crs = f"EPSG:{row.srid}"
    columns = {
        name: np.array([one[name] for one in rows] + [None], dtype=object)[:-1]
        for name in ("id", "code", "name", "area_code", "extra", "households", "residents")
    }
    return gpd.GeoDataFrame(
        columns, geometry=convert_geometries(shapes, from_="wgs84", to=crs), crs=crs
    )


def _numbered(tx: Transaction, net: Net, given: dict[int, str], *, digits: int) -> dict[int, str]:
    """New codes for the grids that carry on none, in map order, never one used before."""
    community = communities(net)
    new = sorted(community.keys() - given.keys())
    if not new:
        return {}
    borders = net.borders(new)
    middles = shapely.point_on_surface(borders.geometry.to_numpy())
    lon, lat = shapely.get_coordinates(
        convert_geometries(middles, from_=f"EPSG:{net.units.crs.to_epsg()}", to="wgs84")
    ).T
    grids = borders.index.tolist()
    taken = storing.all_codes(tx.connection, "grids") | store_standing.codes_ever_given(
        tx.connection
    )
    numbers = codes.number(
        [community[grid] for grid in grids], lon, lat, taken=taken, digits=digits
    )
    return dict(zip(grids, numbers, strict=True))


def _unchanged(net: Net, old: gpd.GeoDataFrame, given: dict[int, str]) -> set[int]:
    """The grids that are what they were: ground, name, counts and worker."""
    borders = net.borders(given)
    was = old.set_index("code")
    same = set()
    for grid, shape in zip(borders.index, borders.geometry, strict=True):
        one = was.loc[given[grid]]
        row = borders.loc[grid]
        worker = (one["extra"] or {}).get("worker")
        name = _word(row["name"]) or one["name"]
        told = (name, _count(row["households"]), _count(row["residents"]))
        stood = (one["name"], one["households"], one["residents"])
        moved = shapely.area(shapely.symmetric_difference(shape, one["geometry"]))
        if told == stood and _word(row["worker"]) in {None, worker} and moved < SAME_M2:
            same.add(int(grid))
    return same


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    return None if value != value or value is None else int(value)  # noqa: PLR0124 - NaN


def _write(
    tx: Transaction,
    actor: Actor,
    row: Any,
    net: Net,
    coded: _Coded,
    *,
    old: gpd.GeoDataFrame,
    day: tuple[date, datetime],
    why: str,
) -> Published:
    """End the old versions, begin the new ones, tell everybody."""
    given, new, same = coded.given, coded.new, coded.same
    kept = {given[grid] for grid in same}
    changed = {grid: code for grid, code in given.items() if grid not in same}
    ended = sorted(set(old["code"]) - set(given.values()))
    closing = old[~old["code"].isin(kept)]
    closed = [int(number) for number in closing["id"]]
    store_standing.close_versions(tx.connection, closed, day[1])
    _open_versions(tx, net, changed | new, old, day[1])
    everything = given | new
    after = [
        grid | {"code": everything.get(grid["grid"], grid["code"])}
        for grid in keeping.rows_of(net, srid=row.srid)["grids"]
    ]
    turned = [(a, b) for a, b in zip(coded.was, after, strict=True) if a != b]
    rows: tuple[keeping.Rows, keeping.Rows] = (
        {"units": [], "grids": [a for a, _ in turned]},
        {"units": [], "grids": [b for _, b in turned]},
    )
    store.write(tx.connection, row.id, rows[1])
    for names, word in ((changed.values(), "changed"), (new.values(), "added"), (ended, "ended")):
        for code in sorted(names):
            tx.changed("grids", code, word, plan=row.id, since=day[1].isoformat())
    done = {
        "revision": row.revision + 1,
        "opened": store_standing.opened_versions(
            tx.connection, [*changed.values(), *new.values()], day[1]
        ),
        "closed": closed,
        "new": sorted(new.values()),
        "changed": sorted(changed.values()),
        "ended": ended,
    }
    draft = _step(
        tx,
        actor,
        row,
        "publish",
        rows=rows,
        action={"day": day[0].isoformat(), "reason": why, "new": done["new"]},
        state="published",
        holds_from=day[0],
        reason=why,
        published=done,
    )
    return Published(
        draft,
        changed=tuple(sorted(changed.values())),
        added=tuple(sorted(new.values())),
        ended=tuple(ended),
        unchanged=tuple(sorted(kept)),
    )


def _open_versions(
    tx: Transaction, net: Net, coded: dict[int, str], old: gpd.GeoDataFrame, start: datetime
) -> None:
    """New versions of grids; what is not drawn is carried over from the version before."""
    if not coded:
        return
    borders = net.borders(coded)
    community = communities(net)
    was = old.set_index("code")
    shapes = convert_geometries(
        borders.geometry.to_numpy(), from_=f"EPSG:{net.units.crs.to_epsg()}", to="wgs84"
    )
    names, extras = [], []
    for grid, row in borders.iterrows():
        code = coded[int(str(grid))]
        stood = was.loc[code] if code in was.index else None
        extra = dict(stood["extra"] or {}) if stood is not None else {}
        worker = _word(row["worker"])
        extras.append(extra | ({"worker": worker} if worker else {}))
        names.append(_word(row["name"]) or (stood["name"] if stood is not None else ""))
    columns = {
        "code": [coded[grid] for grid in borders.index],
        "name": names,
        "area_code": [community[grid] for grid in borders.index],
        "households": [_count(value) for value in borders["households"]],
        "residents": [_count(value) for value in borders["residents"]],
        "extra": extras,
        "held": Same((start, None)),
        "geom": [shapely.multipolygons(shapely.get_parts(shape)) for shape in shapes],
    }
    copy_rows(tx.connection, grid_table, columns)


def _step(
    tx: Transaction,
    actor: Actor,
    row: Any,
    kind: str,
    *,
    rows: tuple[keeping.Rows, keeping.Rows] | None = None,
    action: dict[str, Any] | None = None,
    **values: Any,
) -> Draft:
    """One more entry of the history, that is not undone but by its opposite."""
    before, after = rows or ({"units": [], "grids": []}, {"units": [], "grids": []})
    now = row.revision + 1
    store.add_step(
        tx.connection,
        plan_id=row.id,
        revision=now,
        user_id=actor.user_id,
        actor=actor.name,
        kind=kind,
        action=action or {},
        units=[],
        grids=keeping.numbers_of(before, after)["grids"],
        before=before,
        after=after,
    )
    changed = store.change_plan(tx.connection, row.id, revision=now, **values)
    tx.changed("plans", str(row.id), kind, revision=now)
    record(tx, actor, f"{kind}_plan", f"plans/{row.id}", revision=now, **(action or {}))
    return draft_of(changed)
