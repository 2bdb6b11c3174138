"""From a draft to the net in force, and what is refused on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import shapely
import sqlalchemy as sa
from kept_drafts import ANNE, BERT, assign, bytes_of, lattice

from geodata.accounts import Actor
from geodata.crs import convert_geometries
from geodata.errors import Conflict, InvalidInput, NotAllowed, StaleRevision
from geodata.places import storing
from geodata.places.holding import held_polygons
from geodata.plans import drafting, publishing, reading
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
TWO_PEOPLE = PROFILE.model_copy(
    update={"plans": PROFILE.plans.model_copy(update={"second_person": True})}
)


def day_of_now():
    """The day in the district; asked anew each time, since a run may go past its midnight."""
    return datetime.now(PROFILE.zone).date()


SOON = day_of_now() + timedelta(days=10)
COMMUNITY = "371399001001"
NET = lattice()


def put_in_force(database, net=NET):
    """The grids of a net as the district's own; gives their versions by code."""
    borders = net.borders()
    shapes = convert_geometries(borders.geometry.to_numpy(), from_="EPSG:4548", to="wgs84")
    with database.begin() as tx:
        storing.store_versions(
            tx.connection,
            "grids",
            {
                "code": borders["code"].tolist(),
                "name": borders["name"].tolist(),
                "area_code": [COMMUNITY] * len(borders),
                "households": [int(value) for value in borders["households"]],
                "residents": [int(value) for value in borders["residents"]],
                "extra": [{"worker": w, "note": "旧"} if w else {} for w in borders["worker"]],
                "geom": [shapely.multipolygons([shape]) for shape in shapes],
            },
        )
    return versions(database)


def versions(database, at=None):
    """Code → id of the versions that hold at a moment."""
    with database.read() as connection:
        rows = connection.execute(
            sa.text("SELECT code, id FROM grids WHERE held @> coalesce(:at, now())"), {"at": at}
        )
        return dict(rows.all())


def grid(database, code, at):
    with database.read() as connection:
        return connection.execute(
            sa.text(
                "SELECT *, ST_AsBinary(geom) AS wkb, lower(held) AS since FROM grids "
                "WHERE code = :code AND held @> CAST(:at AS timestamptz)"
            ),
            {"code": code, "at": at},
        ).one()


def midnight(day):
    return datetime(day.year, day.month, day.day, tzinfo=PROFILE.zone)


@pytest.fixture
def base(database):
    return put_in_force(database)


def opened(database, base, net=NET):
    with database.begin() as tx:
        return drafting.keep_draft(
            tx,
            ANNE,
            net,
            name="九月调整",
            area_code=COMMUNITY,
            communities=[COMMUNITY],
            start="current",
            base=base,
        ).id


def publish(database, plan, *, day=SOON, profile=PROFILE, actor=ANNE, reason="网眼过大", **more):
    return publishing.publish(database, actor, profile, plan, day=day, reason=reason, **more)


def act(database, plan, action):
    revision = reading.draft(database, ANNE, plan).revision
    return drafting.act(database, ANNE, PROFILE, plan, action, revision=revision)


def test_what_was_not_drawn_keeps_its_version(database, base):
    done = publish(database, opened(database, base))
    assert (done.changed, done.added, done.ended) == ((), (), ())
    assert len(done.unchanged) == 9
    assert versions(database, midnight(SOON)) == base


def test_a_border_moves_at_the_start_of_the_day_and_either_day_can_be_seen(database, base):
    plan = opened(database, base)
    act(database, plan, assign([3], 1))
    done = publish(database, plan)
    first, second = f"{COMMUNITY}001", f"{COMMUNITY}002"
    assert done.changed == (first, second)
    assert (done.added, done.ended) == ((), ())
    before, after = midnight(SOON) - timedelta(microseconds=1), midnight(SOON)
    assert versions(database, before) == base
    moved = versions(database, after)
    assert {code for code in moved if moved[code] != base[code]} == {first, second}
    old, new = grid(database, first, before), grid(database, first, after)
    assert new.since == after
    assert new.households == old.households + NET.units["households"][3]
    assert new.area_code == COMMUNITY
    larger, smaller = shapely.from_wkb(bytes(new.wkb)), shapely.from_wkb(bytes(old.wkb))
    assert larger.area / smaller.area == pytest.approx(5 / 4, rel=1e-4)
    assert shapely.covers(shapely.buffer(larger, 1e-8), smaller)
    worker = grid(database, second, after).extra
    assert worker == {"worker": "网格员2", "note": "旧"}
    assert reading.draft(database, ANNE, plan).state == "published"


def test_neighbours_share_their_border_point_by_point_after_publishing(database, base):
    plan = opened(database, base)
    act(database, plan, assign([3], 1))
    publish(database, plan)
    a = shapely.from_wkb(bytes(grid(database, f"{COMMUNITY}001", midnight(SOON)).wkb))
    b = shapely.from_wkb(bytes(grid(database, f"{COMMUNITY}002", midnight(SOON)).wkb))
    assert shapely.coverage_is_valid([*a.geoms, *b.geoms])


def test_cases_keep_the_grid_of_their_day(database, base):
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO cases (source, category, state, reported_at, grid_code) "
                "VALUES ('snap', 'noise', 'reported', now(), :code)"
            ),
            {"code": f"{COMMUNITY}002"},
        )
    plan = opened(database, base)
    act(database, plan, {"action": "merge", "grids": [1, 2]})
    done = publish(database, plan, day=day_of_now())
    assert done.ended == (f"{COMMUNITY}002",)
    with database.read() as connection:
        codes = connection.execute(sa.text("SELECT grid_code FROM cases")).scalars().all()
    assert codes == [f"{COMMUNITY}002"]


def test_codes_go_where_most_households_go_and_others_are_new(database, base):
    plan = opened(database, base)
    act(database, plan, {"action": "merge", "grids": [1, 4]})
    act(database, plan, assign([15, 16, 21], 6))  # three of the four units of grid 5
    done = publish(database, plan)
    assert done.changed == (f"{COMMUNITY}001", f"{COMMUNITY}006")
    assert done.ended == (f"{COMMUNITY}004", f"{COMMUNITY}005")
    assert done.added == (f"{COMMUNITY}010",)
    drawn = reading.read(database, ANNE, plan)[1].grids["code"]
    assert (drawn[1], drawn[5], drawn[6]) == tuple(f"{COMMUNITY}{n}" for n in ("001", "010", "006"))


def test_a_code_is_never_given_twice_not_even_after_a_withdrawal(database, base):
    plan = opened(database, base)
    act(database, plan, assign([15, 16, 21], 6))
    assert publish(database, plan).added == (f"{COMMUNITY}010",)
    publishing.withdraw(database, ANNE, PROFILE, plan)
    assert publish(database, plan).added == (f"{COMMUNITY}011",)


def test_a_withdrawn_net_leaves_no_trace_in_the_grids(database, base):
    def rows():
        with database.read() as connection:
            query = sa.text("SELECT grids::text FROM grids ORDER BY id")
            return connection.execute(query).scalars().all()

    before = rows()
    plan = opened(database, base)
    start = bytes_of(database, plan)
    act(database, plan, assign([15, 16, 21], 6))
    publish(database, plan)
    assert rows() != before
    with pytest.raises(Conflict, match="copy it"):
        drafting.undo(database, ANNE, PROFILE, plan)
    draft = publishing.withdraw(database, BERT, PROFILE, plan)
    assert (draft.state, draft.holds_from) == ("withdrawn", None)
    assert rows() == before
    drafting.undo(database, ANNE, PROFILE, plan)
    assert bytes_of(database, plan) == start


def test_what_is_in_force_is_not_withdrawn(database, base):
    plan = opened(database, base)
    act(database, plan, assign([3], 1))
    with pytest.raises(Conflict, match="not published"):
        publishing.withdraw(database, ANNE, PROFILE, plan)
    publish(database, plan, day=day_of_now())
    with pytest.raises(Conflict, match="in force since"):
        publishing.withdraw(database, ANNE, PROFILE, plan)


def test_the_second_of_two_drafts_over_one_ground_is_refused(database, base):
    one, other = opened(database, base), opened(database, base)
    act(database, one, assign([3], 1))
    act(database, other, assign([9], 1))
    publish(database, one)
    with pytest.raises(Conflict, match=f"{COMMUNITY}001, {COMMUNITY}002"):
        publish(database, other, day=SOON + timedelta(days=30))
    publishing.withdraw(database, ANNE, PROFILE, one)
    assert publish(database, other).changed


def test_a_draft_whose_base_was_changed_by_an_import_is_refused(database, base):
    plan = opened(database, base)
    act(database, plan, assign([3], 1))
    with database.begin() as tx:
        tx.connection.execute(
            sa.text("UPDATE grids SET held = tstzrange(lower(held), now()) WHERE code = :code"),
            {"code": f"{COMMUNITY}007"},
        )
    with pytest.raises(Conflict, match=f"{COMMUNITY}007"):
        publish(database, plan)


def test_who_submitted_may_not_approve(database, base):
    anne = Actor(1, "anne", "planner")
    bert = Actor(2, "bert", "planner")
    plan = opened(database, base)
    act(database, plan, assign([3], 1))
    with pytest.raises(Conflict, match="second person"):
        publish(database, plan, profile=TWO_PEOPLE)
    with pytest.raises(Conflict, match="not submitted"):
        publishing.approve(database, bert, plan)
    publishing.submit(database, anne, plan)
    with pytest.raises(Conflict, match="already"):
        publishing.submit(database, anne, plan)
    with pytest.raises(NotAllowed):
        publishing.approve(database, anne, plan)
    assert publishing.approve(database, bert, plan).state == "approved"
    assert publish(database, plan, profile=TWO_PEOPLE).changed
    kinds = [step.kind for step in reading.history(database, ANNE, plan)]
    assert kinds == ["publish", "approve", "submit", "assign"]


def test_drawing_makes_an_approval_void(database, base):
    plan = opened(database, base)
    publishing.submit(database, Actor(1, "anne", "planner"), plan)
    publishing.approve(database, Actor(2, "bert", "planner"), plan)
    act(database, plan, assign([3], 1))
    with pytest.raises(Conflict, match="second person"):
        publish(database, plan, profile=TWO_PEOPLE)


def test_publishing_asks_for_day_reason_and_the_newest_revision(database, base):
    plan = opened(database, base)
    act(database, plan, assign([3], 1))
    for day, reason in ((day_of_now() - timedelta(days=1), "x"), (SOON, "  "), (SOON, "x" * 1_001)):
        with pytest.raises(InvalidInput):
            publish(database, plan, day=day, reason=reason)
    with pytest.raises(StaleRevision):
        publish(database, plan, revision=0)
    for role in ("worker", "viewer", "commander"):
        with pytest.raises(NotAllowed):
            publish(database, plan, actor=Actor(None, role, role))
    with pytest.raises(NotAllowed):
        publish(database, plan, actor=Actor(None, "carl", "planner", frozenset({"371399001002"})))
    assert versions(database, midnight(SOON)) == base


def test_everybody_is_told_in_the_transaction_of_the_publication(database, base):
    plan = opened(database, base)
    act(database, plan, assign([3], 1))
    version = database.version("grids")
    publish(database, plan)
    assert database.version("grids") > version
    with database.read() as connection:
        told = connection.execute(
            sa.text("SELECT code, action FROM changes WHERE layer = 'grids' ORDER BY id")
        ).all()
        audit = connection.execute(sa.text("SELECT action FROM audit ORDER BY id DESC LIMIT 1"))
        assert audit.scalar_one() == "publish_plan"
    assert told[-2:] == [(f"{COMMUNITY}001", "changed"), (f"{COMMUNITY}002", "changed")]


def test_on_the_day_everybody_is_told_again(database, base):
    today = opened(database, base)
    act(database, today, assign([3], 1))
    assert publishing.tell_of_begun(database) == 0
    publish(database, today, day=day_of_now())
    version = database.version("grids")
    assert publishing.tell_of_begun(database) == 2
    assert database.version("grids") > version


def test_a_net_for_later_does_not_stand_today(database, base):
    plan = opened(database, base)
    act(database, plan, assign([3], 1))
    publish(database, plan)
    assert publishing.tell_of_begun(database) == 0
    with database.read() as connection:
        held = held_polygons(connection, "grids", now_only=True)
        assert sorted(held.codes) == sorted(base)
        ground = dict(zip(held.codes, held.shapes, strict=True))
    old = shapely.from_wkb(bytes(grid(database, f"{COMMUNITY}001", datetime.now(UTC)).wkb))
    assert shapely.equals_exact(ground[f"{COMMUNITY}001"], old)
