"""The cases of a district: drawn in bulk, written down in chunks.

Everything is numpy until the very words. A case has a component (the everyday, or one of the
hotspots), which says where and when; its category says how it is written, who brings it and how
long it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from geodata.demo import naming, rhythm
from geodata.demo.district import District
from geodata.demo.framing import Codes
from geodata.demo.nets import RECUT_DAYS
from geodata.demo.phrases import ENDS, LEADS, REPEATS, TOPICS
from geodata.demo.spots import (
    CATEGORIES,
    SHARES,
    Hotspot,
    Pool,
    addresses,
    hotspots,
    make_pool,
    unit_weights,
)
from geodata.profiles import Profile

CHUNK = 250_000
SOURCES = ("hotline", "snap", "patrol", "visit", "secretary_line", "meeting", "rider")
_SOURCE_OF = {
    # the hotline leads everywhere; riders see the street, meetings hear about the firm
    "environment": (0.54, 0.16, 0.19, 0.03, 0.02, 0.02, 0.04),
    "property": (0.78, 0.04, 0.02, 0.06, 0.04, 0.06, 0.00),
    "noise": (0.88, 0.06, 0.02, 0.02, 0.01, 0.01, 0.00),
    "parking": (0.56, 0.18, 0.16, 0.01, 0.01, 0.03, 0.05),
    "facilities": (0.58, 0.15, 0.15, 0.04, 0.03, 0.03, 0.02),
    "safety": (0.46, 0.14, 0.26, 0.06, 0.02, 0.02, 0.04),
    "dispute": (0.62, 0.00, 0.05, 0.17, 0.09, 0.07, 0.00),
    "other": (0.66, 0.04, 0.05, 0.14, 0.06, 0.05, 0.00),
}
_BY_DAY = np.array([False, False, True, True, True, True, False])
_PREFIX = ("RX", "SP", "XC", "ZF", "SJ", "YS", "QS")
_STAGES = np.array([0.03, 0.10, 0.28, 0.88])
_UNPLACED = 0.006
_MICRO = 1_000_000


@dataclass
class _Drawn:
    """Cases before they are written: one entry each."""

    category: NDArray[np.intp]
    unit: NDArray[np.intp]
    spot: NDArray[np.intp]
    time: NDArray[np.int64]
    """Seconds since 1970, UTC."""


@dataclass
class _Part:
    """What cases of one component have in common: weights of units, days and hours."""

    category: int
    units: NDArray[np.float64]
    days: NDArray[np.float64]
    hours: NDArray[np.float64]
    count: int


@dataclass
class _Desk:
    """What is needed to write cases down."""

    district: District
    codes: Codes
    pool: Pool
    by_building: list[str]
    by_unit: list[str]
    until: datetime
    profile: Profile
    rng: Generator
    people: Generator


def report_cases(
    district: District, codes: Codes, count: int, *, until: datetime, profile: Profile
) -> Iterator[dict[str, Any]]:
    """``count`` cases of the district's last 18 months, in chunks of columns in spatial order."""
    rng = district.rng("cases")
    pool = make_pool(district, rng)
    drawn = _draw(district, pool, count, until, profile, rng)
    order = np.argsort(_quadrant_order(pool.lon[drawn.spot], pool.lat[drawn.spot]), kind="stable")
    drawn = _Drawn(*(values[order] for values in vars(drawn).values()))
    source = _sources(drawn, profile, rng)
    external = _external_ids(district.number, source, drawn.time, profile)
    desk = _Desk(
        district, codes, pool, *addresses(district), until, profile, rng, district.rng("people")
    )
    for start in range(0, count, CHUNK):
        part = slice(start, min(start + CHUNK, count))
        chunk = _Drawn(*(values[part] for values in vars(drawn).values()))
        yield _written(desk, chunk, source[part], external[part])


def first_day(until: datetime, profile: Profile) -> datetime:
    """Local midnight 18 months before ``until``."""
    local = until.astimezone(profile.zone)
    months = local.year * 12 + local.month - 1 - rhythm.MONTHS
    return datetime(months // 12, months % 12 + 1, min(local.day, 28), tzinfo=profile.zone)


def _draw(
    district: District,
    pool: Pool,
    count: int,
    until: datetime,
    profile: Profile,
    rng: Generator,
) -> _Drawn:
    first = first_day(until, profile)
    days = (until.astimezone(profile.zone).replace(tzinfo=None) - first.replace(tzinfo=None)).days
    days = max(days + 1, 1)
    weights = unit_weights(district, rng)
    spots = hotspots(district)
    shares = np.array(SHARES) * (1 - sum(spot.share for spot in spots))
    counts = rng.multinomial(count, [*shares.tolist(), *(spot.share for spot in spots)])
    rain = rhythm.rainy(first.date(), days, rng)
    parts = []
    for number, category in enumerate(CATEGORIES):
        day = rhythm.days(category, first.date(), days) * rng.lognormal(0.0, 0.11, days)
        if category == "facilities":
            day = day * (1 + (rain - 1) * 0.25)
        parts.append(
            _Part(number, weights[:, number], day, rhythm.hours(category), int(counts[number]))
        )
    for spot, spot_count in zip(spots, counts[len(CATEGORIES) :].tolist(), strict=True):
        number = CATEGORIES.index(spot.category)
        place = np.zeros(len(weights))
        place[list(spot.units)] = 1.0
        hours = rhythm.hours(spot.category) if spot.hours is None else np.array(spot.hours)
        day = rhythm.days(spot.category, first.date(), days) * _trend(spot, first, days, rain)
        parts.append(_Part(number, place, day, hours, spot_count))
    drawn = [_component(pool, part, first, until, rng) for part in parts]
    return _Drawn(*(np.concatenate([getattr(d, name) for d in drawn]) for name in vars(drawn[0])))


def _trend(
    spot: Hotspot, first: datetime, days: int, rain: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How a hotspot comes and goes over the whole time."""
    dates = [first + timedelta(days=number) for number in range(days)]
    place = np.linspace(0, 1, days)
    months = np.array([d.month for d in dates])
    weights = {
        "steady": np.ones(days),
        "growing": 0.05 + np.exp(3.2 * place) / np.exp(3.2),
        "fading": np.exp(-3.0 * place) + 0.02,
        "summer": np.where((months >= 5) & (months <= 9), 1.0, 0.12),
        "rain": np.where(rain > 1.5, rain, 0.004),
        "months": np.where((place > 0.45) & (place < 0.78), 1.0, 0.01),
        "term": np.where((months == 7) | (months == 8) | (months == 2), 0.04, 1.0),
    }[spot.trend]
    if spot.weekdays_only:
        weights = weights * np.array([1.0 if d.weekday() < 5 else 0.03 for d in dates])
    return np.asarray(weights)


def _component(pool: Pool, part: _Part, first: datetime, until: datetime, rng: Generator) -> _Drawn:
    count = part.count
    unit = _pick(part.units, rng.random(count))
    room = (pool.start[unit + 1] - pool.start[unit]).astype(float)
    spot = pool.start[unit] + (rng.random(count) * room).astype(np.intp)
    day = _pick(part.days, rng.random(count)).astype(np.int64)
    hour = _pick(part.hours, rng.random(count))
    start, end = int(first.timestamp()), int(until.timestamp())
    time = start + day * 86400 + hour * 3600 + rng.integers(0, 3600, count)
    # what the last day has not come to yet was on one of the seven days before, at that hour
    time = np.asarray(time - np.where(time >= end, rng.integers(1, 8, count) * 86400, 0))
    return _Drawn(np.full(count, part.category), unit, spot, np.maximum(time, start))


def _pick(weights: NDArray[np.float64], draw: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions drawn with those weights, by the inverse of their sum."""
    total = np.cumsum(weights)
    place = np.searchsorted(total, draw * total[-1], side="right")
    return np.asarray(np.minimum(place, len(weights) - 1), dtype=np.intp)


def _quadrant_order(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    """A Z-order key on 2^-17 degrees (about a metre), so that neighbours are stored together."""
    key = np.zeros(len(lon), dtype=np.int64)
    x = ((lon + 180) * 2**17).astype(np.int64)
    y = ((lat + 90) * 2**17).astype(np.int64)
    for bit in range(26):
        key |= ((x >> bit) & 1) << (2 * bit)
        key |= ((y >> bit) & 1) << (2 * bit + 1)
    return key


def _local_hour(time: NDArray[np.int64], profile: Profile) -> NDArray[np.int64]:
    hour: NDArray[np.int64] = (time + _offset(time, profile)) // 3600 % 24
    return hour


def _offset(time: NDArray[np.int64], profile: Profile) -> int:
    """Seconds that the profile's clock is ahead of UTC (China knows no summer time)."""
    moment = datetime.fromtimestamp(int(time[0]) if len(time) else 0, profile.zone)
    shift = moment.utcoffset()
    return 0 if shift is None else int(shift.total_seconds())


def _sources(drawn: _Drawn, profile: Profile, rng: Generator) -> NDArray[np.intp]:
    """Who brought each case; nobody patrols or meets at night."""
    table = np.cumsum([_SOURCE_OF[category] for category in CATEGORIES], axis=1)
    draw = rng.random(len(drawn.category))
    source = (draw[:, None] >= table[drawn.category]).sum(axis=1)
    source = np.minimum(source, len(SOURCES) - 1)
    hour = _local_hour(drawn.time, profile)
    asleep = _BY_DAY[source] & ((hour < 8) | (hour >= 19))
    source[asleep] = 0
    return np.asarray(source, dtype=np.intp)


def _external_ids(
    district: int, source: NDArray[np.intp], time: NDArray[np.int64], profile: Profile
) -> NDArray[np.object_]:
    """The number that each source gave: its letters, the day, the district, a count of the day."""
    day = (time + _offset(time, profile)) // 86400
    order = np.lexsort((time, day, source))
    same = (np.diff(source[order]) == 0) & (np.diff(day[order]) == 0)
    begins = np.flatnonzero(np.concatenate([[True], ~same])) if len(order) else np.array([], int)
    rank = np.arange(len(order)) - np.repeat(begins, np.diff([*begins.tolist(), len(order)]))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = rank + 1
    dates = np.datetime_as_string(day.astype("datetime64[D]"))
    return np.array(
        [
            f"{_PREFIX[s]}{d[:4]}{d[5:7]}{d[8:]}{district:02d}{n:05d}"
            for s, d, n in zip(source.tolist(), dates.tolist(), number.tolist(), strict=True)
        ],
        dtype=object,
    )


def _written(
    desk: _Desk, drawn: _Drawn, source: NDArray[np.intp], external: NDArray[np.object_]
) -> dict[str, Any]:
    count, rng = len(drawn.time), desk.rng
    address = _addresses(desk, drawn)
    title, description = _words(desk, drawn, source, address)
    state, due, closed, updated = _progress(desk, drawn)
    unplaced = rng.random(count) < _UNPLACED
    lonlat = _places(desk.pool, drawn.spot, rng)
    lonlat[unplaced] = np.nan
    area, grid, compound = _whose(desk, drawn, unplaced)
    named = rng.random(count) < np.array([0.97, 0.75, 0.0, 0.9, 0.95, 0.6, 0.9])[source]
    names = naming.people(desk.people, count)
    telephones = naming.telephones(desk.people, count)
    keep = named.tolist()
    return {
        "external_id": external,
        "source": np.array(SOURCES, dtype=object)[source],
        "category": np.array(CATEGORIES, dtype=object)[drawn.category],
        "state": np.array(desk.profile.keys("states"), dtype=object)[state],
        "title": title,
        "description": description,
        "address": address,
        "reporter_name": _only(names, keep),
        "reporter_telephone": _only(telephones, keep),
        "reported_at": _moments(drawn.time),
        "due_at": _moments(due),
        "updated_at": _moments(updated),
        "closed_at": _moments(closed),
        "area_code": area,
        "grid_code": grid,
        "compound_code": compound,
        "geom": lonlat,
    }


def _only(values: list[str], keep: list[bool]) -> NDArray[np.object_]:
    return np.array(
        [value if kept else None for value, kept in zip(values, keep, strict=True)], dtype=object
    )


def _moments(seconds: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Microsecond times in UTC; negative ones are none."""
    moments = (seconds * _MICRO).astype("datetime64[us]")
    moments[seconds < 0] = np.datetime64("NaT")
    return np.asarray(moments)


def _places(pool: Pool, spot: NDArray[np.intp], rng: Generator) -> NDArray[np.float64]:
    """The pool's places, moved by up to half a metre: they lie two metres inside their unit."""
    lonlat = np.column_stack([pool.lon[spot], pool.lat[spot]])
    return np.asarray(np.round(lonlat + rng.uniform(-4.5e-6, 4.5e-6, lonlat.shape), 7))


def _whose(
    desk: _Desk, drawn: _Drawn, unplaced: NDArray[np.bool_]
) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Community, grid of that day and compound of each case, known from how it was made."""
    codes, units = desk.codes, desk.district.units
    communities = np.array([*codes.communities, None], dtype=object)
    grids = np.array([*codes.grids, None], dtype=object)
    compounds = np.array([*codes.compounds, None], dtype=object)
    now = np.array([unit.grid for unit in units])
    was = np.array([unit.was for unit in units])
    recut = int(desk.until.timestamp()) - RECUT_DAYS * 86400
    grid = np.where(drawn.time < recut, was[drawn.unit], now[drawn.unit])
    community = np.array([unit.community for unit in units])[drawn.unit]
    compound = desk.pool.compound[drawn.spot]
    return (
        communities[np.where(unplaced, -1, community)],
        grids[np.where(unplaced, -1, grid)],
        compounds[np.where(unplaced, -1, compound)],
    )


def _addresses(desk: _Desk, drawn: _Drawn) -> NDArray[np.object_]:
    by_building, by_unit = desk.by_building, desk.by_unit
    buildings = desk.district.filled.buildings
    tall = np.array([b.pattern in {"slab", "mid", "tower"} for b in buildings])
    entrances = np.array([b.entrances for b in buildings])
    near = desk.pool.building[drawn.spot]
    entrance = (desk.rng.random(len(near)) * entrances[near]).astype(int) + 1
    with_unit = (near >= 0) & tall[near]
    return np.array(
        [
            by_unit[u] if b < 0 else f"{by_building[b]}{e}单元" if w else by_building[b]
            for u, b, e, w in zip(
                drawn.unit.tolist(), near.tolist(), entrance.tolist(), with_unit.tolist(),
                strict=True,
            )
        ],
        dtype=object,
    )  # fmt: skip


def _words(
    desk: _Desk, drawn: _Drawn, source: NDArray[np.intp], address: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    count, rng, profile = len(address), desk.rng, desk.profile
    local = (drawn.time + _offset(drawn.time, profile)).astype("datetime64[s]")
    month = local.astype("datetime64[M]").astype(int) % 12
    topic = np.zeros(count, dtype=int)
    draw = rng.random(count)
    for number, category in enumerate(CATEGORIES):
        topics = TOPICS[category]
        table = np.array(
            [[t.weight * t.months.get(m + 1, 1.0) for t in topics] for m in range(12)]
        ).cumsum(axis=1)
        table /= table[:, -1:]
        mine = np.flatnonzero(drawn.category == number)
        topic[mine] = (draw[mine, None] >= table[month[mine], :-1]).sum(axis=1)
    lead, end, repeat = (rng.random((3, count)) * 0.999999).tolist()
    titles, texts = [], []
    sources = [LEADS[name] for name in SOURCES]
    topics_of = [TOPICS[name] for name in CATEGORIES]
    for c, t, s, a, x, y, z in zip(
        drawn.category.tolist(), topic.tolist(), source.tolist(), address.tolist(), lead, end,
        repeat, strict=True,
    ):  # fmt: skip
        chosen, leads = topics_of[c][t], sources[s]
        titles.append(chosen.title)
        texts.append(
            leads[int(x * len(leads))]
            + chosen.finding.replace("{place}", a)
            + ENDS[int(y * len(ENDS))]
            + REPEATS[int(z * len(REPEATS))]
        )
    return np.array(titles, dtype=object), np.array(texts, dtype=object)


def _progress(
    desk: _Desk, drawn: _Drawn
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """State (position), due, closed and last change: most in time, some late, a few very late."""
    count, rng, profile, until = len(drawn.time), desk.rng, desk.profile, desk.until
    limit = np.array([(profile.category(key).about_days or 7) * 86400.0 for key in CATEGORIES])
    allowed = limit[drawn.category]
    takes = allowed * rng.lognormal(np.log(0.42), 0.62, count)
    stuck = rng.random(count) < 0.012
    takes = np.where(stuck, takes * rng.uniform(4, 14, count), takes)
    takes = np.maximum(takes, 1200.0)
    age = int(until.timestamp()) - drawn.time
    done = takes < age
    share = age / takes
    stage = (share[:, None] >= _STAGES).sum(axis=1)
    state = np.where(done, len(profile.states) - 1, stage)
    due = drawn.time + allowed.astype(np.int64)
    closed = np.where(done, drawn.time + takes.astype(np.int64), -1)
    steps = np.concatenate([[0.0], _STAGES])
    changed = drawn.time + (takes * steps[np.minimum(stage, 4)]).astype(np.int64)
    updated = np.where(done, closed, np.minimum(changed, int(until.timestamp())))
    return state.astype(np.intp), due, closed, updated
