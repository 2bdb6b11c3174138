"""Reports of one trouble by two people: how many are offered as twins, and how many wrongly.

``python bench/twins.py [COUNT [SEED]]`` prints JSON lines. To cases of the demo city second
reports are added, told anew by somebody else: some metres and hours away, in other words, by
another way, now and then filed under another category. Nothing here knows how twins are found.
The city itself has cases of one topic in one place and in the same days (heating in a house):
whether they are one trouble nobody can say, so they are counted apart.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from geodata.cases.twins.likeness import Told, likely
from geodata.demo import generate
from geodata.profiles.twins import Twins

_SAID = (
    ("物业", "物管"), ("居民", "住户"), ("业主", "住户"), ("未", "没有"), ("较大", "很大"),
    ("满溢", "满了"), ("多次", "好几次"), ("夜间", "晚上"), ("损坏", "坏了"), ("车辆", "车"),
    ("异味明显", "味道很大"), ("影响", "妨碍"), ("堵塞", "堵了"), ("占用", "占着"),
    ("破损", "破了"),
)  # fmt: skip
_BEFORE = ("市民来电反映，", "来电人称", "您好，", "请问谁管，", "反映人表示", "")
_AFTER = ("，请尽快处理", "，希望有人管管", "，已经好几天了", "，麻烦核实", "")
_CATEGORIES = ("environment", "property", "parking", "facilities", "other")


def retold(title: str, text: str, chance: random.Random) -> tuple[str, str]:
    """The same trouble in another person's words."""
    parts = [part for part in text.replace("。", "，").split("，") if part]
    chance.shuffle(parts)
    if len(parts) > 1 and chance.random() < 0.6:
        parts.pop()
    words = "，".join(parts)
    for old, new in _SAID:
        if chance.random() < 0.7:
            words = words.replace(old, new)
    signs = list(words)
    for _ in range(len(signs) // 25):
        at = chance.randrange(max(len(signs) - 1, 1))
        signs[at : at + 2] = signs[at : at + 2][::-1]
    said = chance.choice(_BEFORE) + "".join(signs) + chance.choice(_AFTER)
    if chance.random() < 0.4:
        title = title[: max(4, len(title) // 2)]
    return ("" if chance.random() < 0.15 else title), said


class City:
    """The cases of a generated city in the order of their reports, as numbers and as texts."""

    def __init__(self, seed: int) -> None:
        """Generate it; cases without a place are left out."""
        chunks = list(generate(seed=seed).cases())
        names = ("category", "title", "description", "address", "geom", "reported_at")
        whole = {
            name: np.concatenate([np.asarray(chunk[name]) for chunk in chunks]) for name in names
        }
        at = whole["reported_at"].astype("datetime64[s]").astype(np.int64)
        placed = ~np.isnan(whole["geom"][:, 0])
        order = np.argsort(at[placed], kind="stable")
        self.at = at[placed][order]
        self.columns = {name: whole[name][placed][order] for name in names[:4]}
        points = whole["geom"][placed][order]
        flat = np.cos(np.radians(points[:, 1].mean()))
        self.xy = np.column_stack((points[:, 0] * 111_320 * flat, points[:, 1] * 110_540))

    def told(self, k: int, metres: float | None = None) -> Told:
        """A case as it is compared."""
        at = datetime.fromtimestamp(int(self.at[k]), UTC)
        category, title, description, address = (str(self.columns[n][k]) for n in self.columns)
        return Told(k, category, at, title, description, address, metres)

    def round_about(self, x: float, y: float, at: float, bounds: Twins) -> list[Told]:
        """Cases near in place and time."""
        span = bounds.hours * 3600
        first, last = np.searchsorted(self.at, (at - span, at + span))
        metres = np.hypot(self.xy[first:last, 0] - x, self.xy[first:last, 1] - y)
        near = np.flatnonzero(metres <= bounds.metres)
        return [self.told(int(first + k), float(metres[k])) for k in near]


def measure(count: int = 1_500, seed: int = 2) -> Iterator[dict[str, Any]]:
    """Second reports that are offered with their first, other cases that are offered, the time."""
    city, bounds, chance = City(4711 if seed > 1 else 2026), Twins(), random.Random(seed)  # noqa: S311
    hit = first = offered = alike = within = compared = 0
    seconds = 0.0
    for k in chance.sample(range(len(city.at)), count):
        x, y = city.xy[k] + (chance.gauss(0, 18), chance.gauss(0, 18))
        at = int(city.at[k] + min(chance.expovariate(1 / 18), 71) * 3600)
        own = city.told(k)
        title, text = retold(own.title, own.description.replace(own.address, ""), chance)
        category = chance.choice(_CATEGORIES) if chance.random() < 0.08 else own.category
        again = Told(-1, category, datetime.fromtimestamp(at, UTC), title, text, own.address)
        near = city.round_about(x, y, at, bounds)
        within += any(other.id == k for other in near)
        compared += len(near)
        start = time.perf_counter()
        twins = likely(again, near, bounds)
        seconds += time.perf_counter() - start
        offered += len(twins)
        alike += sum(
            twin.id != k and str(city.columns["title"][twin.id]) == own.title for twin in twins
        )
        hit += any(twin.id == k for twin in twins)
        first += bool(twins) and twins[0].id == k
    false = wrong = 0
    for k in chance.sample(range(len(city.at)), count):
        near = city.round_about(*city.xy[k], city.at[k], bounds)
        titles = [str(city.columns["title"][one.id]) for one in likely(city.told(k), near, bounds)]
        false += bool(titles)
        wrong += any(title != str(city.columns["title"][k]) for title in titles)
    yield {"name": "second reports offered with their first", "ratio": round(hit / count, 4),
           "wanted": 0.8, "reports": count, "within_bounds": round(within / count, 4),
           "offered_first": round(first / count, 4)}  # fmt: skip
    yield {"name": "right of all that is offered: the first report, or the same topic there then",
           "ratio": round((hit + alike) / max(offered, 1), 4), "wanted": 0.8, "offered": offered,
           "first_report_alone": round(hit / max(offered, 1), 4)}  # fmt: skip
    yield {"name": "cases without a second report that are offered one of another topic",
           "value": round(wrong / count, 4), "limit": 0.15,
           "offered_any": round(false / count, 4)}  # fmt: skip
    yield {"name": "milliseconds to compare a case", "value": round(1000 * seconds / count, 3),
           "limit": 5, "compared": round(compared / count, 2)}  # fmt: skip


if __name__ == "__main__":
    for line in measure(*map(int, sys.argv[1:3])):
        print(json.dumps(line, ensure_ascii=False))
