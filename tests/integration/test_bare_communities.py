"""Drafts of communities of which little is known: no compounds, nobody counted, islands."""

from __future__ import annotations

import orjson
import pytest
import shapely
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.plans import drafting, opening, reading
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
ANNE = Actor(None, "anne", "planner")
AREA = "371399001001"
ONE = shapely.box(118.30, 35.00, 118.32, 35.01)
OTHER = shapely.box(118.33, 35.00, 118.34, 35.01)


@pytest.fixture
def bare(database):
    """A community of two islands with nothing in it."""
    with database.begin() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO areas (code, name, level, held, geom) VALUES "
                "(:code, '孤岛社区', 'community', tstzrange(NULL, NULL), "
                "ST_Multi(ST_GeomFromText(:shape, 4326)))"
            ),
            {"code": AREA, "shape": shapely.MultiPolygon([ONE, OTHER]).wkt},
        )
    return database


def opened(database, start):
    return opening.open_draft(database, ANNE, PROFILE, name="试画", area=AREA, start=start)


def act(database, draft, action, revision):
    return drafting.act(database, ANNE, PROFILE, draft.id, action, revision=revision)


def geojson(shape):
    return orjson.loads(shapely.to_geojson(shape))


@pytest.mark.parametrize("start", ["current", "compounds", "proposal"])
def test_a_community_with_nothing_in_it_is_opened_and_drawn_on(bare, start):
    draft = opened(bare, start)
    net = reading.read(bare, ANNE, draft.id)[1]
    assert shapely.coverage_is_valid(net.units.geometry.to_numpy())
    assert len(net.grids) == 0
    assert net.units["grid"].isna().all()
    assert reading.grids(bare, ANNE, PROFILE, draft.id)[2].empty
    (gap,) = {one.rule for one in reading.findings(bare, ANNE, PROFILE, draft.id)[1]}
    assert gap == "gap"
    done = act(bare, draft, {"action": "draw", "polygon": geojson(ONE)}, 0)
    assert len(done.changed) == 1
    assert done.figures["households"].isna().all()
    line = geojson(shapely.LineString([(118.29, 35.005), (118.35, 35.0051)]))
    split = act(bare, draft, {"action": "split", "line": line}, 1)
    assert len(split.net.grids) == 2
    taken = drafting.undo(bare, ANNE, PROFILE, draft.id)
    assert taken.draft.revision == 3
    assert drafting.undo(bare, ANNE, PROFILE, draft.id).draft.can_undo is False
    assert reading.read(bare, ANNE, draft.id)[1].grids.empty


def test_both_islands_drawn_as_one_grid_are_said_to_be_apart(bare):
    draft = opened(bare, "proposal")
    both = geojson(shapely.box(118.29, 34.99, 118.35, 35.02))
    done = act(bare, draft, {"action": "draw", "polygon": both}, 0)
    assert {one.rule for one in done.findings} >= {"not_contiguous"}
    severities = {one.rule: one.severity for one in done.findings}
    assert severities["not_contiguous"] in {"error", "warning", "note"}
    assert "too_small" not in severities  # nobody was counted: nothing is known to be too few
