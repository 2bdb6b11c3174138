"""Service areas of any places on any streets; needs no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import InvalidInput
from geodata.reach.areas.bands import TOGETHER, Together, bands
from geodata.reach.areas.ground import Ground
from geodata.reach.areas.manner import Manner, Walks
from geodata.reach.networks.building import build
from geodata.reach.networks.joining import WITHIN_M, join, points_of
from geodata.reach.networks.network import Network, Walker
from geodata.reach.networks.rules import Rules
from geodata.reach.networks.shifts import shift
from geodata.reach.networks.taking import kinds_of

LONGEST_MINUTES: Final = 120.0
FASTEST_KMH: Final = 18.0
_KINDS: Final = ("kind", "highway", "waterway", "railway")
_TOLD: Final = ("area_m2", "circle_area_m2", "differs", "streets_m", "nodes")


def service_areas(  # noqa: PLR0913 - one call does it all
    streets: gpd.GeoDataFrame | Network,
    places: gpd.GeoDataFrame,
    *,
    minutes: float | Sequence[float],
    speed_kmh: float = 4.5,
    together: Together = "each",
    walker: Walker | None = None,
    rules: Rules | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    gates: gpd.GeoDataFrame | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    within_m: float = WITHIN_M,
    detour_factor: float = 1.3,
    manner: Manner | None = None,
) -> gpd.GeoDataFrame:
    """What can be reached on foot from each place in so many minutes.

    Streets are walked both ways unless ``foot_oneway`` says otherwise; lines of a kind that is a
    barrier (rivers, railways) are no streets and are not crossed off a street.

    Args:
        streets: Lines with a CRS; columns as ``networks.taking.take`` reads them. Or a network that
            was built already, which saves building it for every question.
        places: Points, or shapes of which a point inside is taken; any CRS.
        minutes: Above 0 up to 120; several make bands, of which a longer holds a shorter.
        speed_kmh: On the flat, above 0 up to 18.
        together: ``each``, ``merged`` or ``nearest``; see ``areas.bands.bands``.
        walker: Who walks, instead of ``speed_kmh``: without steps, or slower on them.
        rules: What may be walked and how streets are joined.
        compounds: Closed compounds with ``code``; with ``gates`` entered through these alone.
        gates: Points with ``compound_code``.
        barriers: More lines or areas that nobody crosses off a street.
        within_m: How far from a street a place may lie.
        detour_factor: Of the circle beside: its radius is the walk by this factor.
        manner: How outlines are drawn.

    Returns:
        A row for each place and each of ``minutes``, in the CRS of ``places``: its columns and
        index, ``minutes``, ``area_m2``, ``circle_area_m2``, ``differs`` (0…1), ``streets_m``,
        ``nodes``; merged a single row for each of ``minutes``. A place that could not be joined has
        an empty shape. ``attrs["apart"]`` lists these as ``{"row", "reason"}`` with the reasons
        ``far``, ``island``, ``walled``, ``nowhere``; ``attrs["remarks"]`` tells what was done to
        the streets, and by ``shifted`` that the places lie beside them as GCJ-02 beside WGS 84.

    Raises:
        InvalidInput: Minutes or a speed that make no sense, no streets, no places, no CRS.
    """
    wanted = checked_minutes(minutes)
    legs = walker or Walker(speed_m_per_s=checked_speed(speed_kmh))
    if together not in TOGETHER:
        raise InvalidInput(
            "Areas are drawn as one of %(known)s, not as %(together)s.",
            known=", ".join(TOGETHER),
            together=together,
        )
    _check_places(places)
    if not detour_factor >= 1:
        raise InvalidInput("No way is shorter than the crow's: the detour factor is 1 or more.")
    rules = rules or Rules()
    if isinstance(streets, Network):
        network, blocked = streets, barriers
    else:
        _check_streets(streets)
        network = build(streets, rules=rules, compounds=compounds, gates=gates)
        blocked = barriers_of(streets, rules, barriers)
    joints = join(network, places, within_m=within_m, rules=rules)
    points, _known = points_of(places, network.crs)
    walks = Walks(network.graph(legs), network, joints, Ground.of(network, blocked), points)
    found = bands(
        walks,
        wanted,
        walker=legs,
        count=len(places),
        together=together,
        detour_factor=detour_factor,
        manner=manner,
    )
    answer = _answer(places, found, merged=together == "merged")
    answer.attrs["apart"] = [
        {"row": places.index[row], "reason": reason}
        for row, reason in zip(joints.apart.tolist(), joints.reasons, strict=True)
    ]
    moved = shift(network, places)
    told = [] if moved is None else [{"key": "shifted", **asdict(moved)}]
    answer.attrs["remarks"] = [*network.remarks, *told]
    return answer


def barriers_of(
    streets: gpd.GeoDataFrame, rules: Rules, more: gpd.GeoDataFrame | None = None
) -> gpd.GeoSeries | None:
    """What nobody crosses but by a street: lines of such a kind among the streets, and ``more``."""
    is_barrier = np.zeros(len(streets), dtype=bool)
    for column in _KINDS:
        if column in streets:
            is_barrier |= _of_kinds(streets[column], rules.barriers)
    parts = [streets.geometry[is_barrier]] if is_barrier.any() else []
    if more is not None and len(more):
        parts.append(more.geometry.to_crs(streets.crs))
    if not parts:
        return None
    return gpd.GeoSeries(pd.concat(parts, ignore_index=True), crs=streets.crs)


def _of_kinds(values: pd.Series, kinds: frozenset[str]) -> NDArray[np.bool_]:
    known = {
        value: bool(kinds_of(str(value)) & kinds) for value in values.dropna().map(str).unique()
    }
    return np.array([known.get(str(value), False) for value in values], dtype=bool)


def checked_minutes(minutes: float | Sequence[float]) -> list[float]:
    """Each of the minutes once, ascending.

    Raises:
        InvalidInput: None at all, or one that is not above 0 and up to ``LONGEST_MINUTES``.
    """
    given = np.atleast_1d(np.asarray(minutes, dtype=float))
    if not len(given):
        raise InvalidInput("Say how many minutes people walk.")
    for one in given:
        if not 0 < one <= LONGEST_MINUTES:
            raise InvalidInput(
                "Minutes go from above 0 to %(longest)s; %(minutes)s is outside.",
                longest=int(LONGEST_MINUTES),
                minutes=f"{one:g}",
            )
    return [float(one) for one in np.unique(given)]


def checked_speed(speed_kmh: float) -> float:
    """Metres a second.

    Raises:
        InvalidInput: Not above 0 and up to ``FASTEST_KMH``.
    """
    if not 0 < speed_kmh <= FASTEST_KMH:
        raise InvalidInput(
            "Nobody walks at %(speed)s km/h: a speed is above 0 and at most %(fastest)s.",
            speed=f"{speed_kmh:g}",
            fastest=int(FASTEST_KMH),
        )
    return speed_kmh / 3.6


def _check_streets(streets: gpd.GeoDataFrame) -> None:
    if not len(streets):
        raise InvalidInput("There are no streets: the frame is empty.")
    if streets.crs is None:
        raise InvalidInput(
            "The streets do not say in which coordinate system they are: set their CRS."
        )


def _check_places(places: gpd.GeoDataFrame) -> None:
    if not len(places):
        raise InvalidInput("There are no places: the frame is empty.")
    if places.crs is None:
        raise InvalidInput(
            "The places do not say in which coordinate system they are: set their CRS."
        )


def _answer(places: gpd.GeoDataFrame, found: gpd.GeoDataFrame, *, merged: bool) -> gpd.GeoDataFrame:
    """The columns of each place beside its areas, in the CRS of the places."""
    told = found.to_crs(places.crs)
    if merged:
        return told.drop(columns="place")
    own = places.drop(columns=[places.geometry.name, "minutes", *_TOLD], errors="ignore")
    own = pd.DataFrame(own.iloc[told["place"].to_numpy()])
    for column in ("minutes", *_TOLD):
        own[column] = told[column].to_numpy()
    return gpd.GeoDataFrame(own, geometry=told.geometry.to_numpy(), crs=places.crs)
