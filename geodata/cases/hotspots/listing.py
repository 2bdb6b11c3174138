"""The answer as records: what the terminal prints, the API sends and a file holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely

from geodata.cases.hotspots import telling
from geodata.cases.hotspots.clusters import Category
from geodata.cases.hotspots.discovering import LEVELS
from geodata.cases.hotspots.finding import Found
from geodata.cases.hotspots.smoothing import PER
from geodata.words import LANGUAGES

CONFIDENCE = {degree: round(100 * (1 - level)) for degree, level in enumerate(LEVELS, start=1)}
"""Of each class: 90, 95, 99."""


@dataclass(frozen=True)
class Wording:
    """How places, categories and periods are called.

    ``degrees`` turns shapes in metres into WGS 84. ``place`` names some cells (positions) in a
    language, or gives an empty text; ``category`` names a category. ``starts`` are the first days
    of the periods, earliest first; empty if cases have no times. ``codes`` are what the cells are
    called by programs.
    """

    degrees: Callable[[Any], Any]
    place: Callable[[Any, str], str]
    category: telling.Named
    starts: Sequence[date]
    codes: Sequence[Any]


def hotspot_rows(found: Found, words: Wording) -> list[dict[str, Any]]:
    """Each hotspot as a record, the strongest first and those that are gone last."""
    earlier = found.counts.shape[0] - 1
    base = found.study.households
    rows = []
    for rank, spot in enumerate(found.spots, start=1):
        hot = spot.hotspot
        households = None if base is None else float(np.nansum(base[hot.cells]))
        sentences = {
            language: telling.say(
                telling.of_spot(
                    spot,
                    words.place(hot.cells, language),
                    households=base is not None,
                    periods=earlier,
                ),
                language,
                telling.of_categories(hot.categories, words.category, language),
            )
            for language in LANGUAGES
        }
        rows.append(
            {
                "id": rank,
                "place": {one: words.place(hot.cells, one) for one in LANGUAGES},
                **_where(hot.shape, words),
                "cells": [words.codes[cell] for cell in hot.cells.tolist()],
                "cases": hot.cases,
                "expected": _number(hot.expected, 2),
                "ratio": _number(hot.ratio, 3),
                "households": _number(households, 0),
                **_rates(found, hot.cells, households, hot.cases),
                "z": _number(hot.z, 4),
                "p": _number(hot.p, 6),
                "p_adjusted": _number(hot.corrected, 6),
                "confidence": CONFIDENCE.get(hot.degree, 0),
                "alone": spot.alone,
                "trend": spot.trend if earlier else None,
                "earlier": list(spot.earlier),
                "categories": _categories(hot.categories, words.category),
                "sentence": sentences,
            }
        )
    return rows


def cluster_rows(found: Found, words: Wording) -> list[dict[str, Any]]:
    """Each space–time cluster as a record, the likeliest first."""
    rows = []
    for rank, flare in enumerate(found.flares, start=1):
        one = flare.cluster
        since = words.starts[one.first].isoformat()
        rows.append(
            {
                "id": rank,
                "place": {lang: words.place(one.cells, lang) for lang in LANGUAGES},
                **_where(flare.shape, words),
                "cells": [words.codes[cell] for cell in one.cells.tolist()],
                "since": since,
                "cases": one.cases,
                "expected": _number(one.expected, 2),
                "ratio": _number(one.ratio, 3),
                "likelihood": _number(one.likelihood, 3),
                "p": _number(one.p, 6),
                "categories": _categories(flare.categories, words.category),
                "sentence": {
                    lang: telling.say(
                        telling.of_flare(flare, words.place(one.cells, lang), since=since),
                        lang,
                        telling.of_categories(flare.categories, words.category, lang),
                    )
                    for lang in LANGUAGES
                },
            }
        )
    return rows


def _where(shape: Any, words: Wording) -> dict[str, Any]:
    outline = words.degrees(shape)
    middle = shapely.point_on_surface(outline)
    west, south, east, north = (round(side, 7) for side in shapely.bounds(outline).tolist())
    return {
        "lon": round(float(shapely.get_x(middle)), 7),
        "lat": round(float(shapely.get_y(middle)), 7),
        "bbox": [west, south, east, north],
        "km2": round(float(shapely.area(shape)) / 1e6, 4),
        "geometry": shapely.geometry.mapping(shapely.set_precision(outline, 1e-7)),
    }


def _rates(found: Found, cells: Any, households: float | None, cases: int) -> dict[str, Any]:
    """万户比 of the whole, raw and drawn towards the mean of all."""
    if found.rates is None or not households:
        return {"rate": None, "raw_rate": None}
    weights = np.nan_to_num(found.study.households[cells])  # type: ignore[index]
    smooth = np.nan_to_num(found.rates.smooth[cells])
    return {
        "rate": _number(float((weights * smooth).sum() / weights.sum()), 2),
        "raw_rate": _number(cases / households * PER, 2),
    }


def _categories(categories: Sequence[Category], named: telling.Named) -> list[dict[str, Any]]:
    return [
        {
            "key": str(one.key),
            "name": {lang: named(one.key, lang) for lang in LANGUAGES},
            "cases": one.cases,
            "times": _number(one.times, 2),
        }
        for one in categories
    ]


def _number(value: float | None, digits: int) -> float | None:
    """What JSON can hold."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits)
