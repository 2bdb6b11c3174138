"""What hands and files do wrong: ground of islands, counts that are zero, shapes that are none."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from made_nets import at, lattice, net_of
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon

import geodata.plans
from geodata.plans.actions import Refused, apply
from geodata.plans.figures import figures, totals
from geodata.plans.findings import examine
from geodata.plans.net import COUNTED, Net
from geodata.profiles import load_profile
from geodata.words import translate

PROFILE = load_profile("linyi")
HALVES = lattice(4, 2, grid_of=lambda c, r: 1 if c < 2 else 2)


def square(x: float, y: float, side: float = 100.0) -> Polygon:
    return Polygon(at((x, y), (x + side, y), (x + side, y + side), (x, y + side)))


ISLANDS = net_of([square(0, 0), square(100, 0), square(500, 0), square(600, 0)], [1, 1, 2, 2])
"""Two islands of two units each, one grid on each."""


def refused(net: Net, **action: object) -> str:
    with pytest.raises(Refused) as found:
        apply(net, action)
    return found.value.reason


def same_ground(net: Net, before: Net) -> bool:
    shapes = net.units.geometry.to_numpy()
    whole = shapely.union_all(before.units.geometry.to_numpy())
    return bool(shapely.coverage_is_valid(shapes)) and (
        shapely.symmetric_difference(shapely.union_all(shapes), whole).area < 1e-6
    )


# ── islands ──────────────────────────────────────────────────────────────────────────────────


def test_one_line_splits_the_grids_of_two_islands():
    step = apply(ISLANDS, {"action": "split", "line": LineString(at((-5, 50), (705, 50)))})
    assert same_ground(step.net, ISLANDS)
    assert len(step.net.grids) == 4


def test_grids_of_two_islands_are_not_merged():
    assert refused(ISLANDS, action="merge", grids=[1, 2]) == "not_neighbours"


def test_a_polygon_over_two_islands_is_one_grid_in_two_parts_and_that_is_found():
    polygon = Polygon(at((150, -5), (550, -5), (550, 105), (150, 105)))
    step = apply(ISLANDS, {"action": "draw", "polygon": polygon})
    assert same_ground(step.net, ISLANDS)
    (made,) = step.grids_added
    found = examine(step.net, profile=PROFILE, grids=[made])
    (apart,) = [one for one in found if one.rule == "not_contiguous"]
    assert apart.numbers["parts"] == 2
    assert "2" in apart.read("zh")


def test_a_grid_of_an_island_that_is_removed_leaves_its_ground_to_nobody():
    step = apply(ISLANDS, {"action": "remove", "grid": 2, "units_to": "neighbours"})
    assert same_ground(step.net, ISLANDS)
    assert step.net.units["grid"].isna().sum() == 2


# ── counts ───────────────────────────────────────────────────────────────────────────────────


def counting(net: Net, value: int | None) -> Net:
    units = net.units.copy()
    for name in COUNTED:
        units[name] = pd.array([value] * len(units), dtype="Int64")
    units["homes"] = [[] for _ in range(len(units))]
    return Net(units, net.grids, net.lines, net.next_unit, net.next_grid)


@pytest.mark.parametrize("action", [
    {"action": "split", "line": LineString(at((-5, 50), (405, 50)))},
    {"action": "draw", "polygon": square(150, 50)},
    {"action": "merge", "grids": [1, 2]},
    {"action": "drag", "from": Point(at((200, 100))[0]), "to": Point(at((230, 100))[0])},
])  # fmt: skip
@pytest.mark.parametrize("value", [0, None], ids=["zero", "unknown"])
def test_ground_where_nobody_lives_or_nobody_was_counted_is_drawn_on(action, value):
    before = counting(HALVES, value)
    after = apply(before, action).net
    assert same_ground(after, before)
    assert all(pd.isna(one) if value is None else one == 0 for one in after.units["households"])
    table = figures(after)
    assert len(table) == len(after.grids)
    assert totals(after, table)["households"] == value
    rules = {one.rule for one in examine(after, profile=PROFILE)}
    assert ("too_small" in rules) is (value == 0)


# ── shapes ───────────────────────────────────────────────────────────────────────────────────


LOOP = LineString(at((200, 20), (260, 90), (190, 90), (260, 20)))


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (
            {"action": "draw", "polygon": MultiPolygon([square(0, 0), square(300, 0)])},
            "not_a_polygon",
        ),
        ({"action": "draw", "polygon": GeometryCollection([square(0, 0)])}, "not_a_polygon"),
        ({"action": "draw", "polygon": LineString(at((0, 0), (50, 50)))}, "not_a_polygon"),
        ({"action": "draw", "polygon": Polygon()}, "no_place"),
        ({"action": "draw", "polygon": Polygon(at((10, 10), (90, 10), (50, 10)))}, "self_crossing"),
        ({"action": "reshape", "line": square(150, 50)}, "not_a_line"),
        ({"action": "reshape", "line": LineString([(0, 0), (np.inf, 1)])}, "no_place"),
        ({"action": "reshape", "line": LOOP}, "self_crossing"),
        ({"action": "drag", "from": Point(np.inf, 0), "to": Point(0, 0)}, "not_a_point"),
        ({"action": "merge", "grids": [1]}, "one_grid"),
        ({"action": "merge", "grids": [1, 1]}, "one_grid"),
        ({"action": "rename", "grid": 1, "name": " \t "}, "no_name"),
        ({"action": "rename", "grid": 1, "name": "一\u202e二"}, "no_name"),
        ({"action": "remove", "grid": 1, "units_to": "sea"}, "units_to"),
    ],
)
def test_what_is_no_such_shape_is_refused_with_its_reason(action, reason):
    assert refused(HALVES, **action) == reason


def test_heights_in_what_was_drawn_are_of_no_concern():
    flat = LineString(at((-5, 50), (405, 50)))
    high = shapely.force_3d(flat, 120.0)
    one, other = (apply(HALVES, {"action": "split", "line": line}).net for line in (flat, high))
    assert one.units.geometry.to_wkt().tolist() == other.units.geometry.to_wkt().tolist()
    assert not shapely.has_z(other.units.geometry.to_numpy()).any()


# ── words ────────────────────────────────────────────────────────────────────────────────────


def refusals() -> list[tuple[str, str | None, str | None]]:
    """Each ``Refused(…)`` that stands in the room: where, its sentence and its reason."""
    found = []
    for path in sorted(Path(geodata.plans.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused"):
                continue
            (sentence,) = node.args
            if isinstance(sentence, ast.Call):
                (sentence,) = sentence.args
            words = sentence.value if isinstance(sentence, ast.Constant) else None
            reasons = [one.value for one in node.keywords if one.arg == "reason"]
            reason = reasons[0].value if isinstance(reasons[0], ast.Constant) else None
            found.append((f"{path.name}:{node.lineno}", words, reason))
    return found


def test_every_refusal_has_a_key_and_a_chinese_sentence_that_says_what_to_do():
    found = refusals()
    assert len(found) > 25
    for where, sentence, reason in found:
        assert sentence, where
        assert reason, where
        assert reason.isascii()
        assert reason.replace("_", "").isalpha()
        chinese = translate(sentence, "zh")
        assert chinese != sentence, where
        assert chinese.endswith(("。", "！", "？")), where
