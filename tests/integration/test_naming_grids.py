"""What new grids of a draft are called, and that it stays so when the draft is published."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from kept_drafts import ANNE, SOUTH, STEP_M, WEST, bytes_of, kept, lattice
from shapely.geometry import LineString, mapping
from test_plans_publishing import COMMUNITY, PROFILE, SOON, midnight, opened, put_in_force

from geodata.crs import convert_geometries
from geodata.plans import drafting, publishing, reading


def cut(database, plan, grid, *, at=0.5):
    """Split a grid of two by two units from the south to the north."""
    column, row = (grid - 1) % 3, (grid - 1) // 3
    x, y = WEST + (2 * column + 2 * at) * STEP_M, SOUTH + 2 * row * STEP_M
    line = LineString([(x, y - 20), (x, y + 2 * STEP_M + 20)])
    [drawn] = convert_geometries([line], from_="EPSG:4548", to="wgs84")
    action = {"action": "split", "grid": grid, "line": mapping(drawn)}
    revision = reading.draft(database, ANNE, plan).revision
    return drafting.act(database, ANNE, PROFILE, plan, action, revision=revision)


def names(database, plan):
    with database.read() as connection:
        rows = connection.execute(
            sa.text("SELECT grid, name FROM plan_grids WHERE plan_id = :plan ORDER BY grid"),
            {"plan": plan},
        )
        return dict(rows.all())


def test_a_new_grid_gets_the_next_number_of_its_community(database):
    plan = kept(database, lattice())
    first = cut(database, plan, 1)
    assert first.net.grids.loc[10, "name"] == "第10网格"
    cut(database, plan, 9)
    assert names(database, plan)[11] == "第11网格"
    state = bytes_of(database, plan)
    drafting.undo(database, ANNE, PROFILE, plan)
    assert 11 not in names(database, plan)
    drafting.redo(database, ANNE, PROFILE, plan)
    assert bytes_of(database, plan) == state


def test_numbers_go_on_after_those_that_are_in_force(database):
    """Though the draft has none of them, as one that began with compounds."""
    put_in_force(database)
    net = lattice()
    rows = net.grids.assign(name=[f"小区{k}" for k in "甲乙丙丁戊己庚辛壬"], code=None)
    plan = kept(database, replace(net, grids=rows))
    cut(database, plan, 5)
    assert names(database, plan)[10] == "第10网格"


def test_a_draft_begins_with_no_grid_without_a_name(database):
    net = lattice()
    rows = net.grids.assign(name=None, code=None)
    plan = kept(database, replace(net, grids=rows))
    assert sorted(names(database, plan).values()) == [f"第{k}网格" for k in range(1, 10)]


@pytest.mark.parametrize("named", [True, False])
def test_after_publishing_a_draft_says_what_the_net_in_force_says(database, named):
    """Also of a draft in which grids had no name yet."""
    plan = opened(database, put_in_force(database))
    cut(database, plan, 1)
    if not named:
        with database.begin() as tx:
            tx.connection.execute(
                sa.text(
                    "UPDATE plan_grids SET name = '' WHERE plan_id = :plan AND grid IN (2, 10)"
                ),
                {"plan": plan},
            )
    before = names(database, plan)
    publishing.publish(database, ANNE, PROFILE, plan, day=SOON, reason="网眼过大")
    _draft, net = reading.read(database, ANNE, plan)
    with database.read() as connection:
        in_force = connection.execute(
            sa.text(
                "SELECT code, name FROM grids "
                "WHERE area_code = :c AND held @> CAST(:at AS timestamptz)"
            ),
            {"c": COMMUNITY, "at": midnight(SOON)},
        )
        standing = dict(in_force.all())
    assert dict(zip(net.grids["code"], net.grids["name"], strict=True)) == standing
    assert net.grids.loc[10, "name"] == "第10网格"
    assert net.grids.loc[2, "name"] == "第2网格"
    publishing.withdraw(database, ANNE, PROFILE, plan)
    assert names(database, plan) == before
