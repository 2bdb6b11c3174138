"""Whatever a file holds becomes polygons without hole or overlap, and nothing changes unsaid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trying import tries

from geodata.errors import InvalidInput
from geodata.plans.coverage import RASTER_M, cut, mend, neighbours, outer_lengths, wider_than

SIDE = 600.0
FIELD = shapely.box(0, 0, SIDE, SIDE)
slowly = settings(
    max_examples=tries(25), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def square(x: float, y: float, w: float = 100.0, h: float = 100.0) -> shapely.Polygon:
    return shapely.box(x, y, x + w, y + h)


def on_raster(shapes):
    return shapely.set_precision(np.asarray(shapes, dtype=object), RASTER_M)


def partition(rng: np.random.Generator, count: int) -> np.ndarray:
    """The field divided into at most ``count`` patches, some of several cells, some in others."""
    points = shapely.multipoints(rng.uniform(0, SIDE, (3 * count, 2)).round(1))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=FIELD))
    faces = cut([FIELD], lines=shapely.boundary(cells))
    cells = faces.only(faces.claims == 1).shapes
    owner = rng.integers(0, count, len(cells))
    whole = [shapely.coverage_union_all(cells[owner == one]) for one in np.unique(owner)]
    return np.array(whole, dtype=object)


def shaken(rng: np.random.Generator, shape: shapely.Geometry) -> shapely.Geometry:
    """Every point moved by up to 0.2 m to either side."""

    def move(points):
        _, which = np.unique(points, axis=0, return_inverse=True)
        return points + rng.uniform(-0.2, 0.2, (which.max() + 1, 2))[which.ravel()]

    return shapely.transform(shape, move)


def soiled(rng: np.random.Generator, clean: np.ndarray, kinds: set[str]) -> np.ndarray:
    """The same patches as a careless file has them."""
    ways = {
        "jitter": lambda shape: shaken(rng, shape),
        "grown": lambda shape: shapely.buffer(shape, rng.uniform(0.01, 8), join_style="mitre"),
        "shrunk": lambda shape: shapely.buffer(shape, -rng.uniform(0.01, 8)),
        "pierced": lambda shape: pierced(rng, shape),
    }
    dirty = clean.copy()
    for kind in sorted(kinds & set(ways)):
        for place in range(len(dirty)):
            if kind == "jitter" or rng.random() < 0.3:
                dirty[place] = ways[kind](dirty[place])
    return np.array([*dirty, *additions(rng, dirty, kinds)], dtype=object)


def pierced(rng: np.random.Generator, shape: shapely.Geometry) -> shapely.Geometry:
    """With a hole, and an island in the hole."""
    shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    inner = shapely.point_on_surface(shape)
    hole = shapely.difference(shape, inner.buffer(rng.uniform(0.5, 9)))
    return shapely.union(hole, inner.buffer(0.3))


def additions(rng: np.random.Generator, dirty: np.ndarray, kinds: set[str]) -> list[object]:
    """Polygons that should not be there."""
    x, y = rng.uniform(50, SIDE - 50, 2)
    ring = shapely.box(100, 100, 260, 260).difference(shapely.box(140, 140, 220, 220))
    several = {
        "bowtie": [shapely.Polygon([(x, y), (x + 30, y + 30), (x + 30, y), (x, y + 30)])],
        "sliver": [shapely.box(x, y, x + 40, y + rng.uniform(0.001, 0.4))],
        "twice": [dirty[0]],
        "nested": [ring, shapely.box(160, 160, 200, 200)],
        "nothing": [None, shapely.Polygon()],
    }
    return [shape for kind in sorted(kinds & set(several)) for shape in several[kind]]


DIRT = st.sets(
    st.sampled_from(
        ("jitter", "grown", "shrunk", "pierced", "bowtie", "sliver", "twice", "nested", "nothing")
    )
)


def cleaned(shapes):
    """What each polygon has before anything is settled: its valid self."""
    polygons = np.array([shapely.Polygon() if one is None else one for one in shapes], dtype=object)
    bad = ~shapely.is_valid(polygons)
    polygons[bad] = shapely.make_valid(polygons[bad], method="structure", keep_collapsed=False)
    return polygons


@slowly
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(2, 12),
    dirt=DIRT,
    snap_m=st.sampled_from([0, 0.5]),
)
def test_whatever_comes_becomes_a_coverage_that_fills_its_boundary(seed, count, dirt, snap_m):
    rng = np.random.default_rng(seed)
    dirty = soiled(rng, partition(rng, count), dirt)

    mended = mend(dirty, boundary=FIELD, snap_m=snap_m)

    assert len(mended.shapes) == len(dirty)
    assert shapely.is_valid(mended.shapes).all()
    assert shapely.coverage_is_valid(mended.shapes)
    total = shapely.area(mended.shapes).sum() + shapely.area(mended.gaps).sum()
    assert total == pytest.approx(FIELD.area, rel=1e-6)
    assert shapely.area(shapely.difference(shapely.union_all(mended.shapes), FIELD)) < 1


@slowly
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(2, 12),
    dirt=DIRT,
    snap_m=st.sampled_from([0, 0.5]),
)
def test_every_change_of_a_polygon_is_explained(seed, count, dirt, snap_m):
    rng = np.random.default_rng(seed)
    dirty = soiled(rng, partition(rng, count), dirt)

    mended = mend(dirty, boundary=FIELD, snap_m=snap_m, report_m2=0.0)

    before = shapely.area(cleaned(dirty))
    explained = np.zeros(len(dirty))
    for one in mended.changes:
        if one.kind in {"invalid", "vanished"}:
            continue
        if one.gains is not None:
            explained[one.gains] += 0 if one.kind == "overlap" else one.area_m2
        if one.loses is not None:
            explained[one.loses] -= one.area_m2
    rounding = 2 * RASTER_M * shapely.length(cleaned(dirty)) + 0.01
    assert (np.abs(shapely.area(mended.shapes) - before - explained) <= rounding).all()


@slowly
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(2, 12),
    dirt=DIRT,
    snap_m=st.sampled_from([0, 0.5, 2.0]),
    boundary=st.sampled_from([None, FIELD]),
)
def test_what_was_mended_is_not_changed_by_mending_it_again(seed, count, dirt, snap_m, boundary):
    rng = np.random.default_rng(seed)
    dirty = soiled(rng, partition(rng, count), dirt)

    mended = mend(dirty, boundary=boundary, snap_m=snap_m)
    again = mend(mended.shapes, boundary=boundary, snap_m=snap_m)

    moved = shapely.area(shapely.symmetric_difference(mended.shapes, again.shapes))
    assert (moved <= 2 * RASTER_M * shapely.length(mended.shapes)).all()
    assert again.changes == ()


@slowly
@given(seed=st.integers(0, 2**32), count=st.integers(2, 12))
def test_what_is_clean_stays_as_it_is(seed, count):
    clean = partition(np.random.default_rng(seed), count)

    mended = mend(clean, boundary=FIELD)

    assert mended.changes == ()
    assert len(mended.gaps) == 0
    assert all(one is other for one, other in zip(mended.shapes, clean, strict=True))


@slowly
@given(seed=st.integers(0, 2**32), count=st.integers(2, 12), dirt=DIRT)
def test_neighbours_of_what_was_mended_share_all_their_borders(seed, count, dirt):
    rng = np.random.default_rng(seed)
    mended = mend(soiled(rng, partition(rng, count), dirt), boundary=FIELD)
    kept = mended.shapes[~shapely.is_empty(mended.shapes)]

    _pairs, shared = neighbours(kept)

    around = shapely.length(kept).sum()
    assert 2 * shared.sum() + outer_lengths(kept).sum() == pytest.approx(around, rel=1e-6)


def test_an_overlap_goes_to_whose_ground_has_the_longest_border_with_it():
    left = square(0, 0, 104, 100)
    right = square(100, 0)

    mended = mend([left, right], snap_m=0)

    (change,) = mended.changes
    assert (change.kind, change.area_m2) == ("overlap", pytest.approx(400))
    assert (change.loses, change.gains) == (1, 0)


def test_a_small_grid_that_lies_on_a_large_one_keeps_its_ground():
    mended = mend([square(0, 0), square(40, 40, 20, 20)])

    assert mended.shapes[1].area == pytest.approx(400)
    assert mended.shapes[0].area == pytest.approx(9_600)
    assert shapely.get_num_interior_rings(mended.shapes[0]) == 1


def test_of_two_grids_on_the_same_ground_one_stays_and_the_other_is_named():
    mended = mend([square(0, 0), square(0, 0), square(100, 0)])

    assert [one.area for one in mended.shapes] == pytest.approx([10_000, 0, 10_000])
    assert [(one.kind, one.loses) for one in mended.changes if one.kind == "vanished"] == [
        ("vanished", 1)
    ]


def test_a_narrow_gap_goes_to_the_neighbour_with_the_longest_border_and_a_wide_one_stays():
    around = FIELD.difference(shapely.box(100, 100, 104, 200)).difference(
        shapely.box(300, 300, 400, 400)
    )
    left, right = (
        shapely.intersection(around, part)
        for part in (shapely.box(0, 0, 100, SIDE), shapely.box(100, 0, SIDE, SIDE))
    )

    mended = mend([left, right], widest_gap_m=5.0)

    assert [(one.kind, one.gains) for one in mended.changes] == [("gap", 1)]
    assert shapely.area(mended.gaps).tolist() == pytest.approx([10_000])


def test_a_gap_along_the_boundary_is_a_gap():
    mended = mend([shapely.box(2, 0, SIDE, SIDE)], boundary=FIELD)

    assert mended.shapes[0].area == pytest.approx(FIELD.area)


def test_near_borders_become_one_and_no_point_moves_farther_than_the_tolerance():
    left = shapely.Polygon([(0, 0), (100, 0), (100.2, 50), (100, 100), (0, 100)])
    right = shapely.Polygon([(99.9, 0), (200, 0), (200, 100), (100.1, 100)])

    mended = mend([left, right], snap_m=0.5)

    pairs, shared = neighbours(mended.shapes)
    assert pairs.tolist() == [[0, 1]]
    assert shared[0] == pytest.approx(100, abs=0.01)
    for was, now in zip((left, right), mended.shapes, strict=True):
        points = shapely.points(shapely.get_coordinates(now))
        assert shapely.distance(points, was.boundary).max() <= 0.5


def test_a_point_on_a_neighbours_straight_side_becomes_a_point_of_both():
    left = square(0, 0)
    right = [square(100, 0, 100, 50), square(100, 50, 100, 50)]

    mended = mend([left, *right])

    assert shapely.get_num_coordinates(mended.shapes[0]) == 6
    assert neighbours(mended.shapes)[1].tolist() == pytest.approx([50, 50, 100])


@pytest.mark.parametrize(
    "said", [{"snap_m": -1.0}, {"widest_gap_m": -1.0}, {"crumb_m2": -1.0}, {"report_m2": -1.0}]
)
def test_a_negative_setting_is_refused(said):
    with pytest.raises(InvalidInput, match="cannot be negative"):
        mend([square(0, 0)], **said)


def test_a_coordinate_that_is_none_is_refused():
    with np.errstate(invalid="ignore"):
        endless = shapely.Polygon([(0, 0), (1, 0), (np.inf, 1)])
    with pytest.raises(InvalidInput, match="not a finite number"):
        mend([endless])


def test_nothing_becomes_nothing():
    assert len(mend([]).shapes) == 0
    assert shapely.is_empty(mend([None]).shapes).all()


def test_faces_tell_who_claims_each_piece():
    faces = cut([square(0, 0), square(50, 0)])

    by_claims = {tuple(faces.claimants(one).tolist()): faces.areas[one] for one in range(3)}
    assert by_claims == {(0,): 5_000, (0, 1): 5_000, (1,): 5_000}


@given(seed=st.integers(0, 2**32), points=st.integers(3, 60), wild=st.floats(0, 0.9))
def test_the_only_polygon_is_cut_as_it_would_be_among_others(seed, points, wild):
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    reach = 50 * (1 - wild * rng.random(points))
    drawn = shapely.Polygon(np.column_stack((reach * np.cos(turn), reach * np.sin(turn))))
    polygons = np.array([shapely.Polygon(), drawn], dtype=object)

    alone, noded = cut(polygons), cut(polygons, lines=[shapely.LineString()])

    assert alone.claimants(0).tolist() == noded.claimants(0).tolist() == [1]
    assert len(alone) == len(noded) == 1
    assert shapely.equals_exact(*shapely.normalize([alone.shapes[0], noded.shapes[0]]), 1e-9)


def test_the_only_polygon_keeps_its_hole_as_a_gap_and_what_rounding_folds_is_unfolded():
    ring = square(0, 0).difference(square(40, 40, 20, 20))
    assert sorted(cut([ring]).areas) == pytest.approx([400, 9_600])
    folded = shapely.Polygon([(0, 0), (10, 0), (10, 10), (5, 2e-5), (0, 10)])
    assert folded.is_valid
    assert shapely.is_valid(cut([folded]).shapes).all()


@given(width=st.floats(0.5, 20), length=st.floats(30, 90), turn=st.floats(0, 180))
def test_width_is_that_of_the_largest_circle(width, length, turn):
    strip = shapely.affinity.rotate(shapely.box(0, 0, length, width), turn)

    assert wider_than(strip, width * 0.98)
    assert not wider_than(strip, width * 1.02)
