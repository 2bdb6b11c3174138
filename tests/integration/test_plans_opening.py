"""Drafts opened from what stands in the generated city."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from geodata.accounts import Actor
from geodata.errors import InvalidInput, NotAllowed, NotFound
from geodata.plans import opening, reading
from geodata.profiles import load_profile

PROFILE = load_profile("linyi")
ANNE = Actor(None, "anne", "planner")


@pytest.fixture(scope="module")
def city(server, demo_template):
    with server.copy_of(demo_template) as database:
        yield database


@pytest.fixture(scope="module")
def community(city):
    with city.read() as connection:
        query = "SELECT code FROM areas WHERE level = 'community' ORDER BY code LIMIT 1"
        return connection.execute(sa.text(query)).scalar_one()


def opened(city, area, start, **more):
    return opening.open_draft(city, ANNE, PROFILE, name="九月调整", area=area, start=start, **more)


def ground(city, code, srid):
    """Square metres of an area in the draft's own plane."""
    with city.read() as connection:
        query = "SELECT ST_Area(ST_Transform(geom, :srid)) FROM areas WHERE code = :code"
        return connection.execute(sa.text(query), {"code": code, "srid": srid}).scalar_one()


@pytest.mark.parametrize("start", ["current", "compounds", "proposal"])
def test_units_cover_the_community(city, community, start):
    draft = opened(city, community, start)
    net = reading.read(city, ANNE, draft.id)[1]
    shapes = net.units.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    area = ground(city, community, draft.srid)
    assert abs(shapely.area(shapes).sum() / area - 1) < 1e-6
    assert set(net.units["grid"].dropna()) <= set(net.grids.index)
    assert net.units["grid"].isna().all() == (start == "proposal")


def test_a_draft_of_the_net_in_force_has_its_grids(city, community):
    draft = opened(city, community, "current")
    with city.read() as connection:
        query = sa.text(
            "SELECT code, households FROM grids WHERE area_code = :code AND held @> now()"
        )
        standing = dict(connection.execute(query, {"code": community}).all())
    _, net, figures = reading.grids(city, ANNE, PROFILE, draft.id)
    assert set(net.grids["code"]) == set(standing)
    drawn = dict(zip(net.grids.loc[figures.index, "code"], figures["households"], strict=True))
    assert sum(drawn.values()) == pytest.approx(sum(standing.values()), rel=0.02)
    assert figures["border_on_lines"].max() > 0.3


def test_a_draft_starts_from_polygons_of_a_file(city, community):
    with city.read() as connection:
        query = "SELECT ST_AsBinary(geom) FROM areas WHERE code = :code"
        whole = shapely.from_wkb(
            bytes(connection.execute(sa.text(query), {"code": community}).scalar_one())
        )
    west, south, east, north = whole.bounds
    middle = (west + east) / 2
    halves = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
    frame = gpd.GeoDataFrame(
        {"name": ["西", "东"]}, geometry=np.array(halves, dtype=object), crs="EPSG:4326"
    )
    draft = opened(city, community, "file", grids=frame)
    net = reading.read(city, ANNE, draft.id)[1]
    assert set(net.grids["name"]) == {"西", "东"}
    assert net.units["grid"].notna().all()


def test_what_cannot_be_opened_is_refused(city, community):
    with pytest.raises(NotFound):
        opened(city, "000000000000", "current")
    for start in ("nonsense", "file"):
        with pytest.raises(InvalidInput):
            opened(city, community, start)
    for name in ("", "  ", "x" * 101):
        with pytest.raises(InvalidInput):
            opening.open_draft(city, ANNE, PROFILE, name=name, area=community, start="current")
    elsewhere = Actor(None, "carl", "planner", frozenset({"371399999999"}))
    with pytest.raises(NotAllowed):
        opening.open_draft(city, elsewhere, PROFILE, name="x", area=community, start="current")
    above = Actor(None, "dora", "planner", frozenset({community[:6]}))
    assert opening.open_draft(city, above, PROFILE, name="x", area=community, start="compounds")
